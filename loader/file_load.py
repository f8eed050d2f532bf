"""One file, one transaction: its events, its rejects and its ledger row, or nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from loader.errors import EmptyFile
from loader.files import InputFile
from loader.hashes import Hashes
from loader.ledger import Load, NewLoad, drift
from loader.options import LoadOptions
from loader.reading import read_records
from loader.results import FileResult, Progress
from loader.sink import BytesKnown, Ledger, Session, Transaction
from loader.source import CsvSource
from loader.spool import RejectSpool
from loader.streams import ByteStream
from loader.turns import Turns
from loader.weigh import Replacement, check_empty, check_header, judge, weigh


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
            lock_file(ledger, self.file.name, self.progress)
            known = self._known(ledger)
            if known and not self._misread(known):
                return self._already(ledger, known)
            return self._load(transaction)

    def _misread(self, known: Load) -> bool:
        return known.load_id not in self.hashes.loads and is_misread(known, self.options)

    def _known(self, ledger: Ledger) -> Load | None:
        """The active load of the same bytes, unless only loading the file can tell."""
        sizes = ledger.sizes()
        sha256 = self.hashes.of(self.file, sizes) if sizes and self.file.rereadable else None
        return ledger.by_bytes(sha256, self.file.name) if sha256 else None

    def _already(self, ledger: Ledger, known: Load) -> FileResult:
        """Nothing to copy; but the name may have stood for other bytes until now. Raises FileRefused."""
        replacement = None
        earlier = other_load(ledger.by_name(self.file.name), known)
        if earlier:
            self.commit.wait(self.number)
            # A file before this one may have changed it.
            earlier = other_load(ledger.by_name(self.file.name), known)
        if earlier:
            replacement = weigh_known(ledger, self.file.label, earlier, known, self.options)
            ledger.supersede(earlier.load_id, known.load_id)
        if known.file_name not in self.hashes.names:  # renamed; a copy keeps the first one's name
            ledger.rename({known.load_id: self.file.name})
        return already(self.file, known, earlier, replacement)

    def _load(self, transaction: Transaction) -> FileResult:
        ledger = transaction.ledger
        earlier = ledger.by_name(self.file.name)
        with closing(self.file.open()) as stream:
            self.progress.started(self.file.name, stream.total)
            stream.expect_prefix(earlier.file_bytes if earlier else 0)
            try:
                source = CsvSource(stream, self.options)
            except EmptyFile as empty:
                return self._record_empty(ledger, stream, empty)
            before = read_alike(earlier, self.options)
            check_header(self.file.label, source.header.columns, self.options, before)
            load_id = ledger.next_id()  # only now, so that a file without a header costs none
            self.begin.done(self.number)
            try:
                return self._write(transaction, source, load_id)
            except transaction.conflicts:
                transaction.undo()
                known = ledger.by_bytes(stream.sha256(), self.file.name)
                if not known or self._misread(known):
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
            known = transaction.ledger.by_bytes(source.stream.sha256(), self.file.name)
            if known and not self._misread(known):
                raise BytesKnown
            transaction.write_rejects(rejects)
        return self._replace(transaction.ledger, result, load_id, source.stream, known)

    def _replace(
        self, ledger: Ledger, result: FileResult, load_id: int, stream: ByteStream, known: Load | None
    ) -> FileResult:
        """known: the same bytes, read otherwise."""
        earlier, latest = ledger.by_name(self.file.name) or known, ledger.latest()
        replacement = judge(
            ledger,
            self.file.label,
            result,
            load_id,
            self.options,
            earlier=earlier,
            begins_as_before=bool(earlier) and stream.begins_with(earlier.sha256 if earlier else ""),
            known=known,
        )
        noted = (*drift(result.columns, earlier, latest), *read_again(known, self.options))
        result = replace(result, warnings=(*result.warnings, *noted))
        if known and earlier and known.load_id != earlier.load_id:  # under another name
            ledger.supersede(known.load_id, load_id)
        return self._record(ledger, with_replacement(result, replacement), load_id, stream, earlier)

    def _record_empty(self, ledger: Ledger, stream: ByteStream, empty: EmptyFile) -> FileResult:
        """A day without orders: nothing to load, and seen to have come."""
        load_id = ledger.next_id()
        self.begin.done(self.number)
        self.commit.wait(self.number)
        earlier = ledger.by_name(self.file.name)
        result = read_empty(self.file, stream, empty, self.options, earlier)
        return self._record(ledger, result, load_id, stream, earlier)

    def _record(
        self, ledger: Ledger, result: FileResult, load_id: int, stream: ByteStream, earlier: Load | None
    ) -> FileResult:
        if earlier:
            ledger.supersede(earlier.load_id, load_id)
        ledger.record(
            NewLoad(
                load_id=load_id,
                source=self.options.source,
                file_name=self.file.name,
                sha256=stream.sha256(),
                size=result.bytes,
                rows_loaded=result.rows_loaded,
                rows_rejected=result.rows_rejected,
                columns=result.columns,
                delimiter=result.delimiter or "",
                encoding=result.encoding or "",
                reading=self.options.reading,
                rows_replaced=result.rows_replaced,
                orders_gone=result.orders_gone,
            )
        )
        self.hashes.loads.add(load_id)
        return replace(
            result,
            outcome=f"superseded earlier load {earlier.load_id}" if earlier else "loaded",
            load_id=load_id,
            supersedes=earlier.load_id if earlier else None,
        )


def is_misread(known: Load, options: LoadOptions) -> bool:
    """Whether a load of the same bytes was read with other settings, or is to be read again."""
    return options.again or (known.reading is not None and known.reading != options.reading)


def read_alike(earlier: Load | None, options: LoadOptions) -> Load | None:
    """The load whose header a file's can be compared with at once: on record as read with these settings."""
    return earlier if earlier and earlier.reading == options.reading else None


def read_again(known: Load | None, options: LoadOptions) -> tuple[str, ...]:
    """What to tell of a file whose bytes are in, and which is loaded all the same."""
    if known is None:
        return ()
    before, now = known.reading or {}, options.reading
    changed = [
        f"{name} is {_shown(now.get(name))}, and was {_shown(before.get(name))}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    return (f"read again: {'; '.join(changed) or 'as was asked for'}",)


def _shown(setting: Any) -> str:
    return "not set" if setting is None else repr(setting)


def lock_file(ledger: Ledger, name: str, progress: Progress) -> None:
    """Wait until no other loader has it, and say so."""
    if not ledger.lock_file(name, wait=False):
        progress.waiting(name)
        ledger.lock_file(name, wait=True)


def other_load(of_this_name: Load | None, known: Load) -> Load | None:
    """What the name of a file with known bytes stood for, where that is another load."""
    return of_this_name if of_this_name and of_this_name.load_id != known.load_id else None


def weigh_known(ledger: Ledger, label: str, earlier: Load, known: Load, options: LoadOptions) -> Replacement:
    """What goes when the name of `earlier` gets bytes that are in. Raises FileRefused."""
    replacement = weigh(ledger, earlier, known.load_id, known.rows_loaded, options)
    replacement.check(label, known.columns, options)
    return replacement


def read_empty(
    file: InputFile, stream: ByteStream, empty: EmptyFile, options: LoadOptions, earlier: Load | None
) -> FileResult:
    """A file without a header, its outcome still empty. Raises FileRefused where it may not be one."""
    if options.empty == "error":
        raise empty
    check_empty(empty.message, earlier)
    stream.check_unchanged()
    what = "only blank lines" if stream.size else "empty (0 bytes)"
    return FileResult(file.name, outcome="", bytes=stream.size, warnings=(f"{what}, no rows",))


def with_replacement(result: FileResult, replacement: Replacement | None) -> FileResult:
    if not replacement:
        return result
    return replace(
        result,
        rows_replaced=replacement.earlier.rows_loaded,
        orders_gone=replacement.orders_gone,
        warnings=(*result.warnings, *replacement.notes()),
    )


def already(
    file: InputFile,
    known: Load,
    earlier: Load | None,
    replacement: Replacement | None,
    *,
    dry_run: bool = False,
) -> FileResult:
    """The same bytes are in, perhaps under another name; `earlier` are others for which this name stood."""
    note = () if known.file_name == file.name else (f"the same content as {known.file_name}",)
    outcome, supersedes = "already loaded", None
    if earlier:
        outcome = f"{'would supersede' if dry_run else 'superseded earlier'} load {earlier.load_id}"
        supersedes = earlier.load_id
    result = FileResult(
        file.name,
        outcome,
        load_id=known.load_id,
        supersedes=supersedes,
        bytes=known.file_bytes,
        warnings=note,
    )
    return with_replacement(result, replacement)
