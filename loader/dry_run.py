"""What a load would do, without writing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

import orjson

from loader.copy import Ahead
from loader.errors import EmptyFile
from loader.file_load import (
    already,
    is_misread,
    other_load,
    read_again,
    read_alike,
    read_empty,
    weigh_known,
    with_replacement,
)
from loader.files import InputFile
from loader.ledger import Load, drift
from loader.options import LoadOptions
from loader.reading import read_records
from loader.results import FileResult, Progress
from loader.sink import Ledger, Session
from loader.source import CsvSource
from loader.spool import RejectSpool
from loader.streams import ByteStream
from loader.weigh import check_header, judge, order_key


@dataclass(frozen=True)
class DryRun:
    """Reads one file and looks into the ledger. moving: loads that the call would give other names."""

    file: InputFile
    options: LoadOptions
    progress: Progress
    moving: frozenset[int]

    def run(self, session: Session) -> FileResult:
        """Raises FileRefused as a load would."""
        earlier = self._earlier(session)
        with closing(self.file.open()) as stream:
            self.progress.started(self.file.name, stream.total)
            stream.expect_prefix(earlier.file_bytes if earlier else 0)
            try:
                source = CsvSource(stream, self.options)
            except EmptyFile as empty:
                return self._empty(session, stream, empty)
            before = read_alike(earlier, self.options)
            check_header(self.file.label, source.header.columns, self.options, before)
            keys: set[str] = set()
            consume = _collect(keys, self.options.order_columns) if earlier else _discard
            with closing(RejectSpool(0)) as rejects:
                result = read_records(
                    self.file.name, source, rejects, self.progress, load_id=0, consume=consume
                )
            with session.reading(self.file.label, self.options.source) as ledger:
                return self._judged(ledger, result, stream, keys)

    def _empty(self, session: Session, stream: ByteStream, empty: EmptyFile) -> FileResult:
        with session.reading(self.file.label, self.options.source) as ledger:
            known = ledger.by_bytes(stream.sha256(), self.file.name) if ledger else None
            if known and not is_misread(known, self.options):
                return already(self.file, known, None, None)
            earlier = self._staying(ledger) if ledger else None
            return self._reported(read_empty(self.file, stream, empty, self.options, earlier), earlier)

    def _earlier(self, session: Session) -> Load | None:
        with session.reading(self.file.label, self.options.source) as ledger:
            return self._staying(ledger) if ledger else None

    def _staying(self, ledger: Ledger) -> Load | None:
        """The active load of this name, unless the call would give it another name first."""
        load = ledger.by_name(self.file.name)
        return load if load and load.load_id not in self.moving else None

    def _judged(
        self, ledger: Ledger | None, result: FileResult, stream: ByteStream, keys: set[str]
    ) -> FileResult:
        earlier = self._staying(ledger) if ledger else None
        known = ledger.by_bytes(stream.sha256(), self.file.name) if ledger else None
        if ledger and known and not is_misread(known, self.options):
            other = other_load(earlier, known)
            weighed = weigh_known(ledger, self.file.label, other, known, self.options) if other else None
            return already(self.file, known, other, weighed, dry_run=True)
        earlier = earlier or known
        replacement = judge(
            ledger,
            self.file.label,
            result,
            keys,
            self.options,
            earlier=earlier,
            begins_as_before=bool(earlier) and stream.begins_with(earlier.sha256 if earlier else ""),
            known=known,
        )
        drifted = drift(result.columns, earlier, ledger.latest() if ledger else None)
        result = replace(result, warnings=(*result.warnings, *drifted, *read_again(known, self.options)))
        return self._reported(with_replacement(result, replacement), earlier)

    def _reported(self, result: FileResult, earlier: Load | None) -> FileResult:
        return replace(
            result,
            outcome=f"would supersede load {earlier.load_id}" if earlier else "would be loaded",
            supersedes=earlier.load_id if earlier else None,
        )


def _discard(ahead: Ahead) -> None:
    while ahead.read():
        pass


def _collect(keys: set[str], columns: tuple[str, ...]) -> Callable[[Ahead], None]:
    """Takes the orders' keys out of the lines for COPY."""

    def consume(ahead: Ahead) -> None:
        while data := ahead.read():
            for line in data.splitlines() if columns else ():
                payload = orjson.loads(line.split(b"\t", 2)[2].replace(b"\\\\", b"\\"))
                if key := order_key(tuple(payload.get(name) for name in columns)):
                    keys.add(key)

    return consume
