"""One build at a time on a database: a lock that only who may build can take.

It is a table without rows (macros/build_lock/ has the rest), locked by a transaction that stays open: the
server lets go of it when the connection ends, whatever ends it.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import psycopg2.errors
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from loader.schema import MADE_MEANWHILE
from ready.errors import MachineError
from ready.postgres.connection import ConnectionParams

# Readers cannot take it, and it keeps nobody from reading.
LOCK = "lock table {meta}.build_lock in share update exclusive mode nowait"
# What the lock's holder sets for the dbt that it starts: this one need not wait.
HELD = "READY_BUILD_LOCK"
# Asked again and again, since Ctrl-C could not interrupt a wait inside the server.
SECONDS_BETWEEN_TRIES = 0.2
# A dbt without a session may be between two nodes; after so long without one it is dead.
SECONDS_UNSEEN = 3

CREATE = """
create schema if not exists {meta};
create table if not exists {meta}.build_lock (holder text)
"""
HOLDER = """
select activity.application_name, to_char(activity.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
from pg_locks
join pg_stat_activity as activity using (pid)
where relation = to_regclass(%s) and granted and mode = 'ShareUpdateExclusiveLock'
"""
# Of a dbt without `ready`. Else the transaction would go on seeing the sessions of its beginning.
DBT_AT_WORK = """
select pg_stat_clear_snapshot();
select to_char(since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), is_alive from {meta}.dbt_at_work
"""


class LockTimeout(MachineError):
    """Another run was at work all the time that this one was to wait; nothing was done."""


@contextmanager
def build_lock(
    params: ConnectionParams,
    meta: str,
    say: Callable[[str, str], None],
    *,
    timeout: float | None = None,
) -> Iterator[None]:
    """Be the only one at work on these schemas; while another is, say who it is and wait.

    params: a user who may build. meta: the schema of that name, with its prefix. timeout: seconds to
    wait, None for ever. dbt in this process takes part in the lock meanwhile. Raises LockTimeout when
    the seconds are over.
    """
    with closing(params.connect(application_name=f"ready, process {os.getpid()} on {platform.node()}")) as c:
        _Lock(c, sql.Identifier(meta)).take(say, timeout)
        os.environ[HELD] = "held"
        try:
            yield
        finally:
            os.environ.pop(HELD, None)


class _Lock:
    def __init__(self, connection: Connection, meta: sql.Identifier) -> None:
        self._connection = connection
        self._meta = meta
        self._unseen_since = float("inf")

    def take(self, say: Callable[[str, str], None], timeout: float | None) -> None:
        self._create()
        give_up = time.monotonic() + timeout if timeout is not None else float("inf")
        seen = ""
        while (other := self._other()) is not None:
            if other and not seen:
                say("Wait", f"{other} is at work on this database")
            seen = other or seen
            if time.monotonic() >= give_up:
                raise LockTimeout(
                    f"{seen or 'another run'} is still at work on this database after {timeout:g} s",
                    hint="let it end and run again, or wait longer: --lock-timeout SECONDS",
                )
            time.sleep(SECONDS_BETWEEN_TRIES)

    def _create(self) -> None:
        with self._connection, self._connection.cursor() as cursor:
            if self._is_there(cursor, "build_lock"):
                return
        with suppress(*MADE_MEANWHILE), self._connection, self._connection.cursor() as cursor:
            cursor.execute(sql.SQL(CREATE).format(meta=self._meta))

    def _other(self) -> str | None:
        """Who is at work, "" where time will tell; None, with the transaction open, when the lock is ours."""
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(sql.SQL(LOCK).format(meta=self._meta))
            except psycopg2.errors.LockNotAvailable:
                self._connection.rollback()
                return self._holder(cursor)
            cursor.execute("savepoint locked")
            other = self._dbt(cursor)
            if other is None:
                cursor.execute("rollback to locked")  # nothing stays locked but the lock
            else:
                self._connection.rollback()
            return other

    def _holder(self, cursor: Cursor) -> str:
        """Who has the lock, as far as the server lets this user see."""
        cursor.execute(HOLDER, [self._name("build_lock")])
        name, since = cursor.fetchone() or (None, None)
        return f"another run ({name}, since {since} UTC)" if name and since else "another run"

    def _dbt(self, cursor: Cursor) -> str | None:
        if not self._is_there(cursor, "dbt_at_work"):
            return None
        cursor.execute(sql.SQL(DBT_AT_WORK).format(meta=self._meta))
        since, is_alive = cursor.fetchone() or (None, False)
        if is_alive:
            self._unseen_since = float("inf")
            return f"another run (dbt, since {since} UTC)"
        self._unseen_since = min(self._unseen_since, time.monotonic())
        return "" if since and time.monotonic() - self._unseen_since < SECONDS_UNSEEN else None

    def _is_there(self, cursor: Cursor, table: str) -> bool:
        cursor.execute("select to_regclass(%s) is not null", [self._name(table)])
        return cursor.fetchone() == (True,)

    def _name(self, table: str) -> str:
        return f"{self._meta.as_string(self._connection)}.{table}"
