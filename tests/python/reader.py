"""A reader of feats: what it sees in one statement, again and again while others work."""

from __future__ import annotations

import contextlib
import threading
import time
from types import TracebackType

import psycopg2
import psycopg2.extensions

from ready.errors import MachineError
from ready.postgres.connection import ConnectionParams

# Content of the tables, and what the records say of them.
SEEN = """
with features as (
    select md5(string_agg(rows::text, '' order by customer_id, feature_time)) as content,
        md5(string_agg(revenue_total::text, '' order by customer_id, feature_time)) as revenue
    from feats.customer_features as rows
),
training_set as (
    select md5(string_agg(revenue_total::text, '' order by customer_id, feature_time)) as revenue
    from feats.customer_training_set
)
select features.content, features.revenue, training_set.revenue, current_versions.data_hash
from features, training_set, meta.current_versions
"""
NAME = "reader"


def seen(connection: psycopg2.extensions.connection) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(SEEN)
        row = cursor.fetchone()
    assert row is not None
    return tuple(row)


class Reader:
    """Polls in a thread while the block runs; a server that is down for a while is waited for.

    polled: everything seen. missing: what was said when a table was not there.
    """

    def __init__(self, database: ConnectionParams) -> None:
        self.polled: set[tuple[str, ...]] = set()
        self.missing: list[str] = []
        self._database = database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _poll(self) -> None:
        while not self._stop.is_set():
            try:
                with contextlib.closing(self._database.connect(application_name=NAME)) as connection:
                    connection.autocommit = True
                    while not self._stop.wait(0.01):
                        self.polled.add(seen(connection))
            except psycopg2.errors.UndefinedTable as error:
                self.missing.append(str(error))
            except (psycopg2.Error, MachineError):  # the server is down
                time.sleep(0.05)
