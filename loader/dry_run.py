"""What a load would do, without writing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import psycopg2.errors

from loader.copy import Ahead
from loader.file_load import already
from loader.files import InputFile
from loader.ledger import Ledger, Load, drift
from loader.options import LoadOptions
from loader.reading import read_records
from loader.results import FileResult, Progress
from loader.source import CsvSource
from loader.spool import RejectSpool

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection


@dataclass(frozen=True)
class DryRun:
    """Reads one file and looks into the ledger."""

    file: InputFile
    options: LoadOptions
    progress: Progress

    def run(self, connection: Connection) -> FileResult:
        """Raises FileRefused as a load would."""
        with closing(self.file.open()) as stream, closing(RejectSpool(0)) as rejects:
            self.progress.started(self.file.name, stream.total)
            source = CsvSource(stream, self.options)
            result = read_records(self.file.name, source, rejects, self.progress, load_id=0, consume=_discard)
            known, earlier, latest = self._ledger(connection, stream.sha256())
        if known:
            return already(self.file, known, earlier, dry_run=True)
        return replace(
            result,
            outcome=f"would supersede load {earlier.load_id}" if earlier else "would be loaded",
            supersedes=earlier.load_id if earlier else None,
            warnings=(*result.warnings, *(drift(latest.columns, result.columns) if latest else ())),
        )

    def _ledger(self, connection: Connection, sha256: str) -> tuple[Load | None, Load | None, Load | None]:
        """The active loads of these bytes, of this name, and the latest; none without a raw schema."""
        try:
            with connection, connection.cursor() as cursor:
                ledger = Ledger(cursor, self.options.source)
                return ledger.by_bytes(sha256), ledger.by_name(self.file.name), ledger.latest()
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName):
            return None, None, None


def _discard(ahead: Ahead) -> None:
    while ahead.read():
        pass
