"""One run at a time on a database: an advisory lock, released by the server when its holder ends."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable

from ready.build_state import Connection
from ready.errors import MachineError

# Any constant; it only has to be ours.
RUN_LOCK = 7_239_401
# Asked again and again, since Ctrl-C could not interrupt a wait inside the server.
SECONDS_BETWEEN_TRIES = 0.2

HOLDER = """
select activity.application_name, to_char(activity.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
from pg_locks as locks
join pg_stat_activity as activity using (pid)
where locks.locktype = 'advisory' and locks.granted
    and locks.database = (select oid from pg_database where datname = current_database())
    and (locks.classid, locks.objid, locks.objsubid) = (0, %s, 1)
"""


class LockTimeout(MachineError):
    """Another run was at work all the time that this one was to wait; nothing was done."""


def take_run_lock(
    connection: Connection, say: Callable[[str, str], None], *, timeout: float | None = None
) -> None:
    """Hold the run lock until the connection ends; while another run holds it, say whose it is and wait.

    timeout: seconds to wait, None for ever. Raises LockTimeout when they are over.
    """
    _name_session(connection)
    if _taken(connection):
        return
    say("Wait", f"{_holder(connection)} is at work on this database")
    give_up = time.monotonic() + timeout if timeout is not None else float("inf")
    while not _taken(connection):
        if time.monotonic() >= give_up:
            raise LockTimeout(
                f"{_holder(connection)} is still at work on this database after {timeout:g} s",
                hint="let it end and run again, or wait longer: --lock-timeout SECONDS",
            )
        time.sleep(SECONDS_BETWEEN_TRIES)


def _name_session(connection: Connection) -> None:
    """So that whoever waits can say for whom."""
    with connection, connection.cursor() as cursor:
        name = f"ready, process {os.getpid()} on {platform.node()}"
        cursor.execute("select set_config('application_name', %s, false)", [name])


def _taken(connection: Connection) -> bool:
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [RUN_LOCK])
        return cursor.fetchone() == (True,)


def _holder(connection: Connection) -> str:
    """Who has the lock, as far as the server tells this user."""
    with connection, connection.cursor() as cursor:
        cursor.execute(HOLDER, [RUN_LOCK])
        name, since = cursor.fetchone() or (None, None)
    return f"another run ({name}, since {since} UTC)" if name and since else "another run"
