"""One run at a time on a database: an advisory lock, released by the server when its holder dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ready.build_state import Connection

# Any constant; it only has to be ours.
RUN_LOCK = 7_239_401


@contextmanager
def only_one_run(connection: Connection, say: Callable[[str, str], None]) -> Iterator[None]:
    """Hold the run lock on this connection; while another run holds it, say so and wait."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [RUN_LOCK])
        if not cursor.fetchone()[0]:  # type: ignore[index]
            say("Wait", "another run is at work on this database")
            cursor.execute("select pg_advisory_lock(%s)", [RUN_LOCK])
    try:
        yield
    finally:
        if not connection.closed:
            with connection, connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [RUN_LOCK])
