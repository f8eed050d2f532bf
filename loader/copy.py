"""COPY into the raw tables, with parsing one step ahead of the server."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING

import psycopg2

from loader.clean import Batch

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

DEPTH = 8
EVENTS = "copy raw.raw_events (load_id, line_number, payload) from stdin"
REJECTS = "copy raw.rejected_rows (load_id, line_number, reason, raw_line) from stdin"
PIECE = 1 << 20


class Ahead:
    """Runs an iterator of batches in a thread of its own, a few batches ahead of `read`.

    What the iterator raises, `read` raises. Leave it as a context manager, so that the thread ends.
    """

    def __init__(self, batches: Iterator[Batch], on_batch: Callable[[int], None]) -> None:
        self.rows = 0
        self.error: BaseException | None = None
        self._batches = batches
        self._on_batch = on_batch
        self._queue: queue.Queue[bytes] = queue.Queue(DEPTH)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._produce, name="loader-parse", daemon=True)

    def __enter__(self) -> Ahead:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        while self._thread.is_alive():
            self._drain()
            self._thread.join(0.01)

    def read(self, _size: int = -1) -> bytes:
        """The next batch whatever its length, which psycopg2 allows; empty at the end."""
        data = self._queue.get()
        if not data and self.error:
            raise self.error
        return data

    readline = read  # psycopg2's type asks for it; COPY does not call it

    def _produce(self) -> None:
        try:
            for batch in self._batches:
                if self._stopped.is_set():
                    return
                self.rows += batch.rows
                self._on_batch(self.rows)
                if batch.data:
                    self._queue.put(batch.data)
        except BaseException as error:
            self.error = error
        self._queue.put(b"")

    def _drain(self) -> None:
        try:
            while True:
                self._queue.get_nowait()
        except queue.Empty:
            pass


def copy_events(cursor: Cursor, ahead: Ahead) -> None:
    try:
        cursor.copy_expert(EVENTS, ahead, size=PIECE)
    except psycopg2.Error:
        if ahead.error:  # psycopg2 informs the server, and hides it behind an error of its own
            raise ahead.error from None
        raise


def copy_rejects(cursor: Cursor, lines: IO[bytes]) -> None:
    cursor.copy_expert(REJECTS, lines, size=PIECE)
