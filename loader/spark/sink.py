"""The sink Spark: a load's files are put in place, then its entry in the ledger, which makes it visible.

Spark itself is asked only for the tables and where they lie; it need not work while files load.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any

from loader.copy import Ahead
from loader.errors import ServerError
from loader.sink import BytesKnown
from loader.spark.files import NewFile, event_tables, load_file, reject_table, remove_unfinished
from loader.spark.ledger import LedgerLog, SparkLedger
from loader.spark.tables import EVENTS, LOADS, REJECTS, TABLES, ensure_raw_tables, raw_folder
from loader.spool import RejectSpool
from loader.turns import Aborted

SECONDS_BETWEEN_TRIES = 0.2


class WarehouseLock:
    """One loader at a time: a lock on a file in the folder of schema raw, which ends with its process."""

    def __init__(self, folder: Path, cancelled: threading.Event) -> None:
        self._path = folder / ".loader.lock"
        self._cancelled = cancelled
        self._file: IO[str] | None = None

    def take(self, *, wait: bool) -> bool:
        self._file = self._file or open(self._path, "a", encoding="ascii")  # noqa: SIM115
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if not wait:
                    return False
            if self._cancelled.wait(SECONDS_BETWEEN_TRIES):
                raise Aborted

    def release(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


class SparkTransaction:
    conflicts = (BytesKnown,)

    def __init__(self, folder: Path, log: LedgerLog, lock: WarehouseLock, source: str) -> None:
        self._folder = folder
        self._log = log
        self._now = datetime.now(timezone.utc)
        self._files: list[NewFile] = []
        self.ledger = SparkLedger(log, lock, folder / "raw_events_log", source, self._now)

    def write_events(self, load_id: int, ahead: Ahead) -> None:
        for name in TABLES:
            remove_unfinished(self._folder / f"{name}_log")
        self._load_id = load_id
        self._new("raw_events_log").write(EVENTS, event_tables(ahead, self._now))

    def write_rejects(self, rejects: RejectSpool) -> None:
        if rejects.total:
            self._new("rejected_rows_log").write(REJECTS, iter([reject_table(rejects.rewound())]))

    def undo(self) -> None:
        for file in self._files:
            file.discard()
        self._files.clear()

    def commit(self) -> None:
        if not self.ledger.changes:
            return
        entries = NewFile(self._folder / "loads_log" / f"entries-{self._log.entries + 1:010d}.parquet")
        self._files.append(entries)
        entries.write(LOADS, iter([self.ledger.entries()]))
        for file in self._files:  # the ledger's is the last, and commits
            file.publish()

    def _new(self, table: str) -> NewFile:
        file = load_file(self._folder / table, self._load_id)
        self._files.append(file)
        return file


class SparkSession:
    """folder: of schema raw; None where it has no tables."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._cancelled = threading.Event()
        self._log = LedgerLog(folder / "loads_log" if folder else Path())

    @contextmanager
    def transaction(self, label: str, source: str) -> Iterator[SparkTransaction]:
        assert self._folder is not None, "prepare comes first"
        lock = WarehouseLock(self._folder, self._cancelled)
        transaction = SparkTransaction(self._folder, self._log, lock, source)
        try:
            with _translated_errors(label):
                self._log.refresh()
                yield transaction
                transaction.commit()
        finally:
            transaction.undo()
            lock.release()

    @contextmanager
    def reading(self, label: str, source: str) -> Iterator[SparkLedger | None]:
        if not self._folder:
            yield None
            return
        with _translated_errors(label):
            self._log.refresh()
            lock = WarehouseLock(self._folder, self._cancelled)
            yield SparkTransaction(self._folder, self._log, lock, source).ledger

    def cancel(self) -> None:
        self._cancelled.set()

    def close(self) -> None:
        """Nothing is kept between transactions."""


@dataclass(frozen=True)
class SparkSink:
    """`open_connection` gives a DB-API connection to Spark."""

    open_connection: Callable[[], Any]
    # The reader has a thread of its own, and what is left here runs outside of Python's lock.
    max_workers: int = 1

    def prepare(self) -> None:
        with closing(self.open_connection()) as connection:
            ensure_raw_tables(connection)

    def connect(self) -> SparkSession:
        with closing(self.open_connection()) as connection:
            return SparkSession(raw_folder(connection))

    def running(self) -> AbstractContextManager[None]:
        return nullcontext()


@contextmanager
def _translated_errors(label: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServerError(
            f"the warehouse failed while {label} was loaded: {error.strerror or error}",
            hint="nothing of this file is in the tables; make room or mend the folder, then run it again",
        ) from None
