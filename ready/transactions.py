"""A transaction that leaves nothing behind, with the database's errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ready.errors import UsageError, from_database

NOTHING_BUILT = (
    psycopg2.errors.UndefinedTable,
    psycopg2.errors.UndefinedColumn,
    psycopg2.errors.InvalidSchemaName,
)


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
