"""Schemas and a folder for one check, gone when it ends: nothing that users read is touched."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psycopg2 import sql

from ready.build_state import Connection
from ready.dbt import DbtRun, require_success, run_dbt
from ready.postgres.connection import ConnectionParams
from ready.settings import Settings

# Any constant; with the hash of a name it is the lock that says its owner is alive.
SCRATCH_LOCK = 7_239_402
NAME = "^(?:leak|repro)_[0-9a-f]{8}_"


@dataclass(frozen=True)
class Scratch:
    """settings: the caller's, with a schema prefix, a home and artifacts of its own.

    connection: in autocommit, for the check's own statements; it holds the lock on the name.
    """

    settings: Settings
    params: ConnectionParams
    connection: Connection

    @property
    def folder(self) -> Path:
        return self.settings.home

    def table(self, schema: str, name: str) -> sql.Identifier:
        return sql.Identifier(self.settings.schema(schema), name)

    def dbt(self, *arguments: str) -> DbtRun:
        """Run dbt here. Raises as ready.dbt.require_success does."""
        run = run_dbt(
            arguments,
            settings=self.settings,
            params=self.params,
            on_node=lambda node: None,
            on_warning=lambda text: None,
        )
        require_success(run, settings=self.settings)
        return run

    def execute(
        self, query: sql.Composable | str, arguments: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(query, arguments)


@contextmanager
def scratch(
    settings: Settings, params: ConnectionParams, kind: str, *, environ: Mapping[str, str] | None = None
) -> Iterator[Scratch]:
    """A scratch place; `kind` is leak or repro. Gone whatever happens; after a kill, with the next check.

    environ: further variables for dbt.
    """
    with (
        closing(params.connect()) as connection,
        tempfile.TemporaryDirectory(prefix=f"ready-{kind}-", ignore_cleanup_errors=True) as name,
    ):
        connection.autocommit = True
        _sweep(connection)
        prefix = f"{kind}_{secrets.token_hex(4)}_"
        _lock(connection, prefix)
        folder = Path(name).resolve()
        own = replace(settings, schema_prefix=prefix, home=folder, artifacts=folder / "artifacts")
        with _own_environment(environ or {}):
            try:
                yield Scratch(own, params, connection)
            finally:
                _drop(connection, prefix)


@contextmanager
def _own_environment(further: Mapping[str, str]) -> Iterator[None]:
    """dbt reads its environment from this process: what is set for it goes when it is done."""
    environ = dict(os.environ)
    try:
        os.environ.update(further)
        yield
    finally:
        os.environ.clear()
        os.environ.update(environ)


def _lock(connection: Connection, prefix: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, hashtext(%s))", [SCRATCH_LOCK, prefix])
        (held,) = cursor.fetchone() or (False,)
    return bool(held)


def _sweep(connection: Connection) -> None:
    """Remove what checks that were killed left behind: their lock is free."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct substring(nspname from %s) from pg_namespace "
            "where pg_has_role(nspowner, 'usage')",
            [NAME],
        )
        left = [prefix for (prefix,) in cursor.fetchall() if prefix]
    for prefix in left:
        if _lock(connection, prefix):
            _drop(connection, prefix)


def _drop(connection: Connection, prefix: str) -> None:
    with connection.cursor() as cursor:
        # A dbt that was interrupted may still have statements at work there.
        cursor.execute(
            "select pg_terminate_backend(pid) from (select distinct pid from pg_locks "
            "join pg_class on pg_class.oid = pg_locks.relation "
            "where starts_with(relnamespace::regnamespace::text, %s) and pid <> pg_backend_pid()) as holders",
            [prefix],
        )
        cursor.execute("select nspname from pg_namespace where starts_with(nspname, %s)", [prefix])
        for (schema,) in cursor.fetchall():
            cursor.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
        cursor.execute("select pg_advisory_unlock(%s, hashtext(%s))", [SCRATCH_LOCK, prefix])
