"""One file, one transaction: its events, its rejects and its ledger row, or nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psycopg2.errors

from loader.copy import copy_events, copy_rejects
from loader.files import InputFile
from loader.ledger import Ledger, Load, NewLoad, drift
from loader.options import LoadOptions
from loader.reading import read_records
from loader.results import FileResult, Progress
from loader.source import CsvSource
from loader.spool import RejectSpool
from loader.turns import Turns

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor


@dataclass(frozen=True)
class FileLoad:
    """Loads file number `number` of a call.

    The file is locked and gets its load id in turn `begin`, and is committed in turn `commit`: so
    load ids and commits follow the order of delivery, and two calls never wait for each other in a
    circle.
    """

    file: InputFile
    options: LoadOptions
    progress: Progress
    number: int
    begin: Turns
    commit: Turns

    def run(self, connection: Connection) -> FileResult:
        """Raises FileRefused; psycopg2's errors pass through. Either way nothing is written."""
        with connection, connection.cursor() as cursor:
            ledger = Ledger(cursor, self.options.source)
            self.begin.wait(self.number)
            self._lock(ledger)
            if known := self._known(ledger):
                return already(self.file, known)
            with closing(self.file.open()) as stream:
                self.progress.started(self.file.name, stream.total)
                source = CsvSource(stream, self.options)
                load_id = ledger.next_id()  # only now, so that a file without a header costs none
                self.begin.done(self.number)
                return self._load(connection, cursor, source, load_id)

    def _lock(self, ledger: Ledger) -> None:
        if not ledger.lock_file(self.file.name, wait=False):
            self.progress.waiting(self.file.name)
            ledger.lock_file(self.file.name, wait=True)

    def _known(self, ledger: Ledger) -> Load | None:
        """The active load of the same bytes, unless only loading the file can tell."""
        sizes = ledger.sizes()
        if not sizes or not self.file.rereadable:
            return None
        with closing(self.file.open()) as stream:
            if stream.is_plain and stream.total not in sizes:
                return None
            stream.drain()
            return ledger.by_bytes(stream.sha256())

    def _load(self, connection: Connection, cursor: Cursor, source: CsvSource, load_id: int) -> FileResult:
        ledger, sha256 = Ledger(cursor, self.options.source), source.stream.sha256
        with closing(RejectSpool(load_id)) as rejects:
            result = read_records(
                self.file.name,
                source,
                rejects,
                self.progress,
                load_id=load_id,
                consume=lambda ahead: copy_events(cursor, ahead),
            )
            self.commit.wait(self.number)
            known = ledger.by_bytes(sha256())
            if not known:
                copy_rejects(cursor, rejects.rewound())
                try:
                    return self._record(ledger, result, load_id, sha256())
                except psycopg2.errors.UniqueViolation:  # another call has just committed the same bytes
                    connection.rollback()
                    known = ledger.by_bytes(sha256())
                    if not known:
                        raise
            connection.rollback()
            return already(self.file, known)

    def _record(self, ledger: Ledger, result: FileResult, load_id: int, sha256: str) -> FileResult:
        latest, earlier = ledger.latest(), ledger.by_name(self.file.name)
        if earlier:
            ledger.supersede(earlier.load_id, by=load_id)
        ledger.record(
            NewLoad(
                load_id=load_id,
                source=self.options.source,
                file_name=self.file.name,
                sha256=sha256,
                size=result.bytes,
                rows_loaded=result.rows_loaded,
                rows_rejected=result.rows_rejected,
                columns=result.columns,
                delimiter=result.delimiter or "",
                encoding=result.encoding or "",
            )
        )
        return replace(
            result,
            outcome=f"superseded earlier load {earlier.load_id}" if earlier else "loaded",
            load_id=load_id,
            supersedes=earlier.load_id if earlier else None,
            warnings=(*result.warnings, *(drift(latest.columns, result.columns) if latest else ())),
        )


def already(file: InputFile, known: Load) -> FileResult:
    """The same bytes are in, perhaps under another name."""
    note = () if known.file_name == file.name else (f"the same content as {known.file_name}",)
    return FileResult(
        file.name, "already loaded", load_id=known.load_id, bytes=known.file_bytes, warnings=note
    )
