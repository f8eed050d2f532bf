"""What a load would do, without writing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace

from loader.copy import Ahead
from loader.file_load import already, other_load
from loader.files import InputFile
from loader.ledger import Load, drift
from loader.options import LoadOptions
from loader.reading import read_records
from loader.results import FileResult, Progress
from loader.sink import Session
from loader.source import CsvSource
from loader.spool import RejectSpool


@dataclass(frozen=True)
class DryRun:
    """Reads one file and looks into the ledger."""

    file: InputFile
    options: LoadOptions
    progress: Progress

    def run(self, session: Session) -> FileResult:
        """Raises FileRefused as a load would."""
        with closing(self.file.open()) as stream, closing(RejectSpool(0)) as rejects:
            self.progress.started(self.file.name, stream.total)
            source = CsvSource(stream, self.options)
            result = read_records(self.file.name, source, rejects, self.progress, load_id=0, consume=_discard)
            known, earlier, latest = self._ledger(session, stream.sha256())
        if known:
            return already(self.file, known, other_load(earlier, known), dry_run=True)
        return replace(
            result,
            outcome=f"would supersede load {earlier.load_id}" if earlier else "would be loaded",
            supersedes=earlier.load_id if earlier else None,
            warnings=(*result.warnings, *(drift(latest.columns, result.columns) if latest else ())),
        )

    def _ledger(self, session: Session, sha256: str) -> tuple[Load | None, Load | None, Load | None]:
        """The active loads of these bytes, of this name, and the latest; none without a raw schema."""
        with session.reading(self.file.label, self.options.source) as ledger:
            if ledger is None:
                return None, None, None
            return ledger.by_bytes(sha256), ledger.by_name(self.file.name), ledger.latest()


def _discard(ahead: Ahead) -> None:
    while ahead.read():
        pass
