"""The sink PostgreSQL: one file is one transaction of the server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

import psycopg2
import psycopg2.errors

from loader.copy import Ahead, copy_events, copy_rejects
from loader.errors import FileRefused, ServerError
from loader.ledger import PostgresLedger
from loader.schema import ensure_raw_schema
from loader.sink import BytesKnown
from loader.spool import RejectSpool

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

Connect = Callable[[], "Connection"]


class PostgresTransaction:
    conflicts = (BytesKnown, psycopg2.errors.UniqueViolation)

    def __init__(self, cursor: Cursor, source: str) -> None:
        self.ledger = PostgresLedger(cursor, source)
        self._cursor = cursor

    def write_events(self, load_id: int, ahead: Ahead) -> None:
        self._cursor.execute("savepoint before_copy")
        copy_events(self._cursor, ahead)

    def write_rejects(self, rejects: RejectSpool) -> None:
        copy_rejects(self._cursor, rejects.rewound())

    def undo(self) -> None:
        self._cursor.execute("rollback to savepoint before_copy")


@dataclass(frozen=True)
class PostgresSession:
    connection: Connection

    @contextmanager
    def transaction(self, label: str, source: str) -> Iterator[PostgresTransaction]:
        with _translated_errors(label), self.connection, self.connection.cursor() as cursor:
            yield PostgresTransaction(cursor, source)

    @contextmanager
    def reading(self, label: str, source: str) -> Iterator[PostgresLedger | None]:
        with _translated_errors(label), self.connection, self.connection.cursor() as cursor:
            cursor.execute("select to_regclass('raw.loads') is not null")
            yield PostgresLedger(cursor, source) if cursor.fetchone() == (True,) else None

    def cancel(self) -> None:
        with suppress(psycopg2.Error):
            self.connection.cancel()

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class PostgresSink:
    """`open_connection` gives a psycopg2 connection; it is called once per worker."""

    open_connection: Connect
    max_workers: int = sys.maxsize

    def prepare(self) -> None:
        with closing(self.open_connection()) as connection:
            ensure_raw_schema(connection)

    def connect(self) -> PostgresSession:
        return PostgresSession(self.open_connection())

    def running(self) -> AbstractContextManager[None]:
        return _without_psycopg2_noise()


@contextmanager
def _translated_errors(label: str) -> Iterator[None]:
    """Raise the loader's errors instead of psycopg2's."""
    try:
        yield
    except psycopg2.DataError as error:
        raise FileRefused(f"{label}: {str(error).strip()}") from None
    except psycopg2.Error as error:
        raise _server_error(label, error) from None


@contextmanager
def _without_psycopg2_noise() -> Iterator[None]:
    """When the server dies within a COPY, psycopg2 prints a SystemError of its own besides raising."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if kind is not SystemError:
            before(kind, error, trace)

    sys.excepthook = hook
    try:
        yield
    finally:
        sys.excepthook = before


def _server_error(label: str, error: psycopg2.Error) -> ServerError:
    # The rollback on a lost connection fails as well, and hides why it was lost.
    if isinstance(error, psycopg2.InterfaceError) and isinstance(error.__context__, psycopg2.Error):
        error = error.__context__
    text = str(error).strip() or "the connection was lost"
    if isinstance(error, psycopg2.errors.InsufficientPrivilege):
        hint = "grant the database user insert on the tables of schema raw, or name another user"
    else:
        hint = "nothing of this file is in the database; run the command again when the server is well"
    return ServerError(f"the database failed while {label} was loaded: {text}", hint=hint)
