"""One file, one transaction: its events, its rejects and its ledger row, or nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace

from loader.files import InputFile
from loader.hashes import Hashes
from loader.ledger import Load, NewLoad, drift
from loader.options import LoadOptions
from loader.reading import read_records
from loader.results import FileResult, Progress
from loader.sink import BytesKnown, Ledger, Session, Transaction
from loader.source import CsvSource
from loader.spool import RejectSpool
from loader.turns import Turns


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
    hashes: Hashes
    number: int
    begin: Turns
    commit: Turns

    def run(self, session: Session) -> FileResult:
        """Raises FileRefused, or ServerError. Either way nothing is written."""
        with session.transaction(self.file.label, self.options.source) as transaction:
            ledger = transaction.ledger
            self.begin.wait(self.number)
            self._lock(ledger)
            if known := self._known(ledger):
                return self._already(ledger, known)
            return self._load(transaction)

    def _lock(self, ledger: Ledger) -> None:
        if not ledger.lock_file(self.file.name, wait=False):
            self.progress.waiting(self.file.name)
            ledger.lock_file(self.file.name, wait=True)

    def _known(self, ledger: Ledger) -> Load | None:
        """The active load of the same bytes, unless only loading the file can tell."""
        sizes = ledger.sizes()
        sha256 = self.hashes.of(self.file, sizes) if sizes and self.file.rereadable else None
        return ledger.by_bytes(sha256) if sha256 else None

    def _already(self, ledger: Ledger, known: Load) -> FileResult:
        """Nothing to copy; but the name may have stood for other bytes until now."""
        earlier = ledger.by_name(self.file.name)
        if earlier and earlier.load_id != known.load_id:
            self.commit.wait(self.number)
            self._retire(ledger, earlier, by=known.load_id)
        return already(self.file, known, earlier)

    def _load(self, transaction: Transaction) -> FileResult:
        ledger = transaction.ledger
        with closing(self.file.open()) as stream:
            self.progress.started(self.file.name, stream.total)
            source = CsvSource(stream, self.options)
            load_id = ledger.next_id()  # only now, so that a file without a header costs none
            self.begin.done(self.number)
            try:
                return self._write(transaction, source, load_id)
            except transaction.conflicts:
                transaction.undo()
                known = ledger.by_bytes(stream.sha256())
                if not known:
                    raise
                return self._already(ledger, known)

    def _write(self, transaction: Transaction, source: CsvSource, load_id: int) -> FileResult:
        with closing(RejectSpool(load_id)) as rejects:
            result = read_records(
                self.file.name,
                source,
                rejects,
                self.progress,
                load_id=load_id,
                consume=lambda ahead: transaction.write_events(load_id, ahead),
            )
            self.commit.wait(self.number)
            if transaction.ledger.by_bytes(source.stream.sha256()):
                raise BytesKnown
            transaction.write_rejects(rejects)
        return self._record(transaction.ledger, result, load_id, source.stream.sha256())

    def _record(self, ledger: Ledger, result: FileResult, load_id: int, sha256: str) -> FileResult:
        latest, earlier = ledger.latest(), ledger.by_name(self.file.name)
        superseded = earlier if earlier and self._retire(ledger, earlier, by=load_id) else None
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
            outcome=f"superseded earlier load {superseded.load_id}" if superseded else "loaded",
            load_id=load_id,
            supersedes=superseded.load_id if superseded else None,
            warnings=(*result.warnings, *(drift(latest.columns, result.columns) if latest else ())),
        )

    def _retire(self, ledger: Ledger, earlier: Load, by: int) -> bool:
        """Supersede the earlier load; False when its bytes live on in another file of this call.

        That happens where exports are rotated: yesterday's orders.csv is orders_1.csv today.
        """
        heir = self.hashes.other_with(earlier.sha256, earlier.file_bytes, than=self.file)
        if heir is None:
            ledger.supersede(earlier.load_id, by)
            return True
        replaced = ledger.by_name(heir.name)
        if replaced:
            ledger.supersede(replaced.load_id, earlier.load_id)
        ledger.rename(earlier.load_id, heir.name)
        return False


def already(file: InputFile, known: Load, earlier: Load | None, *, dry_run: bool = False) -> FileResult:
    """The same bytes are in, perhaps under another name, while this one stood for others (`earlier`)."""
    note = () if known.file_name == file.name else (f"the same content as {known.file_name}",)
    outcome, supersedes = "already loaded", None
    if earlier and earlier.load_id != known.load_id:
        outcome = f"{'would supersede' if dry_run else 'superseded earlier'} load {earlier.load_id}"
        supersedes = earlier.load_id
    return FileResult(
        file.name,
        outcome,
        load_id=known.load_id,
        supersedes=supersedes,
        bytes=known.file_bytes,
        warnings=note,
    )
