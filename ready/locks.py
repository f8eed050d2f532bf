"""One run at a time on a database: an advisory lock, released by the server when its holder ends."""

from __future__ import annotations

import time
from collections.abc import Callable

from ready.build_state import Connection

# Any constant; it only has to be ours.
RUN_LOCK = 7_239_401
# Asked again and again, since Ctrl-C could not interrupt a wait inside the server.
SECONDS_BETWEEN_TRIES = 0.2


def take_run_lock(connection: Connection, say: Callable[[str, str], None]) -> None:
    """Hold the run lock until the connection ends; while another run holds it, say so and wait."""
    if _taken(connection):
        return
    say("Wait", "another run is at work on this database")
    while not _taken(connection):
        time.sleep(SECONDS_BETWEEN_TRIES)


def _taken(connection: Connection) -> bool:
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [RUN_LOCK])
        return cursor.fetchone() == (True,)
