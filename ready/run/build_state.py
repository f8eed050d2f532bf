"""Is there anything to do? A mark in the database says what the tables were last built from.

dbt takes the mark away at the start of every run, so that a plain `dbt build` in between, or one that
failed, never passes for up to date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg2
import psycopg2.extensions
from psycopg2 import sql

from ready import __version__
from ready.settings import Settings
from ready.workspace.package_link import OWN

Connection = psycopg2.extensions.connection

# What shapes the tables; configs come on their own, since they may lie elsewhere.
PROJECT_PARTS = (
    "dbt_project.yml",
    "packages.yml",
    "analyses",
    "models",
    "macros",
    "seeds",
    "snapshots",
    "tests/dbt",
    "packages",
)
USERS_PARTS = ("dbt_project.yml", "packages.yml", *OWN)


def build_key(settings: Settings, loads: Sequence[tuple[int, str]]) -> str:
    """A hash of everything a build depends on: the project's files, the configs, the active loads.

    loads: each by its id and its file's name, which an expression may read.
    """
    return files_key(f"{settings.schema_prefix} {list(loads)}", settings, settings.configs)


def files_key(start: str, settings: Settings, *configs: Path) -> str:
    """A hash of a text, the project's files and these configs."""
    digest = hashlib.sha256(f"{__version__} {start}".encode())
    parts = [settings.product_dir / part for part in PROJECT_PARTS]
    if settings.is_users:
        parts += [settings.project_dir / part for part in USERS_PARTS]
    for path in _files([*parts, *configs]):
        digest.update(f"\0{path}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(roots: Sequence[Path]) -> Iterator[Path]:
    for root in roots:
        yield from [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())


def built_by(connection: Connection, settings: Settings, key: str) -> str | None:
    """The invocation id of the run that built exactly this, if all its tables still stand."""
    meta = sql.Identifier(settings.schema("meta"))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "select invocation_id from {meta}.build_state where build_key = %s and not exists ("
                    " select from {meta}.model_definitions as definitions"
                    " where to_regclass(definitions.relation) is null)"
                ).format(meta=meta),
                [key],
            )
            row = cursor.fetchone()
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName):
        return None
    return str(row[0]) if row else None


def mark_built(connection: Connection, settings: Settings, key: str, invocation_id: str) -> None:
    """Remember that everything was built from this, by this run."""
    table = sql.Identifier(settings.schema("meta"), "build_state")
    with connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("delete from {}").format(table))
        cursor.execute(
            sql.SQL("insert into {} (build_key, invocation_id) values (%s, %s)").format(table),
            [key, invocation_id],
        )
