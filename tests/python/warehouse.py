"""A database of its own with its folders, for tests that run the `ready` command on it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import forked
import jsonschema
from conftest import PROJECT
from psycopg2 import sql

import ready.gate
from ready.postgres.connection import ConnectionParams

REPORT_SCHEMA = json.loads((Path(ready.gate.__file__).parent / "validation_report.schema.json").read_text())

# What users read: behind the gate, and the record of it.
USER_TABLES = (
    "stg.orders",
    "stg.orders_rejected",
    "stg.customer_purchases",
    "stg.orders_history",
    "feats.feature_times",
    "feats.customer_features",
    "feats.customer_labels",
    "feats.customer_training_set",
    "meta.dataset_splits",
    "meta.dataset_split_summary",
    "meta.feature_registry",
    "meta.feature_profiles",
    "meta.current_versions",
)

_in_use: set[int] = set()


@dataclass(frozen=True)
class Warehouse:
    """folder: holds the state (home) and what is written (artifacts)."""

    folder: Path
    database: ConnectionParams

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    @property
    def environ(self) -> dict[str, str]:
        own = {"READY_HOME": str(self.folder / "home"), "READY_ARTIFACTS": str(self.artifacts)}
        return {**os.environ, **own, **self.database.env()}

    def ready(
        self, *arguments: str | Path, cwd: Path = PROJECT, **env: str | Path
    ) -> subprocess.CompletedProcess[str]:
        return forked.ready(*arguments, cwd=cwd, env=self._with(env))

    def started(
        self, *arguments: str | Path, cwd: Path = PROJECT, **env: str | Path
    ) -> subprocess.Popen[str]:
        """The command at work."""
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "ready", *map(str, arguments)],
            cwd=cwd,
            env=self._with(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _with(self, env: Mapping[str, str | Path]) -> dict[str, str]:
        return {**self.environ, **{name: str(value) for name, value in env.items()}}

    def run(self, *arguments: str | Path, **env: str | Path) -> subprocess.CompletedProcess[str]:
        """`ready run` that must end well."""
        done = self.ready("run", *arguments, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    @property
    def report(self) -> dict[str, Any]:
        """The latest report, held against its schema."""
        content: dict[str, Any] = json.loads((self.artifacts / "reports/validation_report.json").read_text())
        jsonschema.Draft202012Validator(REPORT_SCHEMA).validate(content)
        return content

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(self.database.connect()) as connection, connection, connection.cursor() as c:
            c.execute(query)
            return c.fetchall()

    def execute(self, statement: str) -> None:
        with contextlib.closing(self.database.connect()) as connection, connection, connection.cursor() as c:
            c.execute(statement)

    def tamper(self, statement: str) -> None:
        """Change what triggers keep anyone from changing, as only a superuser can."""
        self.execute(f"set session_replication_role = replica; {statement}")

    def value(self, query: str) -> Any:
        ((value,),) = self.rows(query)
        return value

    def bytes_of(self, tables: Sequence[str] = USER_TABLES) -> dict[str, tuple[Any, ...]]:
        """Each table's file, and a hash of its rows with where they lie and who wrote them."""
        return {
            name: self.rows(
                f"select pg_relation_filenode('{name}'), count(*), "
                f"md5(string_agg(concat(t.ctid, t.xmin, t), '' order by t.ctid)) from {name} as t"
            )[0]
            for name in tables
        }

    def content_of(self, table: str) -> tuple[Any, ...]:
        """Number of rows, and a hash of what they say."""
        return self.rows(
            f"select count(*), md5(string_agg(t::text, E'\\n' order by t::text)) from {table} as t"
        )[0]

    def counts(self, schema: str) -> dict[str, int]:
        """Rows of each table in a schema."""
        names = self.rows(f"select tablename from pg_tables where schemaname = '{schema}' order by 1")
        return {name: self.value(f"select count(*) from {schema}.{name}") for (name,) in names}


@contextlib.contextmanager
def new_database(
    server: ConnectionParams, template: ConnectionParams | None = None
) -> Iterator[ConnectionParams]:
    """A database that is dropped in the end: empty, or a copy of another."""
    # A name that comes again: what dbt has parsed holds for one database.
    number = next(number for number in itertools.count(1) if number not in _in_use)
    name = sql.Identifier(f"warehouse_{number}")
    origin = sql.SQL(" template {}").format(sql.Identifier(template.dbname)) if template else sql.SQL("")
    administer(server, sql.SQL("create database {}{}").format(name, origin))
    _in_use.add(number)
    yield replace(server, dbname=name.string)
    administer(server, sql.SQL("drop database {} with (force)").format(name))
    _in_use.remove(number)


def administer(server: ConnectionParams, statement: sql.Composable) -> None:
    """Run it outside a transaction."""
    with contextlib.closing(server.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
