"""A transaction that leaves nothing behind, with the database's errors as ours."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
import psycopg2.errors
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ready.errors import UsageError, from_database

NOTHING_BUILT = (
    psycopg2.errors.UndefinedTable,
    psycopg2.errors.UndefinedColumn,
    psycopg2.errors.InvalidSchemaName,
)

TABLES = """
select pg_class.oid, nspname, relname, relfilenode
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('r', 'p') and relpersistence <> 't' and nspname not in ('pg_catalog', 'information_schema')
    and nspname::text = any(coalesce(%(schemas)s, array[nspname::text])) and nspname !~ %(without)s
order by pg_class.oid
"""
MEANWHILE_REPLACED = (psycopg2.errors.LockNotAvailable, *NOTHING_BUILT)
SECONDS_BETWEEN_TRIES = 0.1


@contextmanager
def reading(connection: Connection, *, snapshot: bool = False) -> Iterator[Cursor]:
    """A transaction that is rolled back at its end; temporary tables may be made in it.

    snapshot: one read-only snapshot for everything that is read. The connection must not be inside
    a transaction. Raises UsageError where the tables are not there, MachineError when the database
    fails.
    """
    autocommit = connection.autocommit
    isolation_level = "REPEATABLE READ" if snapshot else "READ COMMITTED"
    connection.set_session(isolation_level=isolation_level, readonly=snapshot, autocommit=False)
    try:
        with connection.cursor() as cursor:
            yield cursor
    except NOTHING_BUILT as error:
        raise UsageError(
            f"nothing has been built yet: {error.diag.message_primary}", hint="build it with: ready run"
        ) from None
    except psycopg2.Error as error:
        raise from_database(error) from None
    finally:
        if not connection.closed:
            connection.rollback()
            connection.set_session(isolation_level="default", readonly="default", autocommit=autocommit)


@contextmanager
def reading_tables(
    connection: Connection, schemas: Sequence[str] | None = None, *, without: str = "^$"
) -> Iterator[Cursor]:
    """As `reading` a snapshot, in which every table of the schemas (default: all) has its rows.

    A table that is replaced after the snapshot was taken would look empty in it: so all are locked before.
    A lock that is not free at once is not waited for, since a build may wait for another one of them.
    without: schemas of these names (a regular expression) are left out.
    """
    asked = {"schemas": schemas and list(schemas), "without": without}
    while True:
        with reading(connection) as cursor:
            tables = _tables(cursor, asked)
        with reading(connection, snapshot=True) as cursor:
            if _locked(cursor, tables) and _tables(cursor, asked) == tables:
                yield cursor
                return
        time.sleep(SECONDS_BETWEEN_TRIES)


def _tables(cursor: Cursor, asked: dict[str, Any]) -> list[tuple[int, str, str, int]]:
    """Identity, schema, name and file of each."""
    cursor.execute(TABLES, asked)
    return cursor.fetchall()


def _locked(cursor: Cursor, tables: Sequence[tuple[int, str, str, int]]) -> bool:
    names = [sql.Identifier(schema, name) for _, schema, name, _ in tables]
    if not names:
        return True
    try:
        cursor.execute(sql.SQL("lock table {} in access share mode nowait").format(sql.SQL(", ").join(names)))
    except MEANWHILE_REPLACED:
        return False
    return True
