"""What became of each file, and how a caller hears of it while it happens."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Reject:
    """One record that could not be stored: physical line (header = 1), reason, verbatim text."""

    line_number: int
    reason: str
    raw_line: str


@dataclass(frozen=True)
class FileResult:
    """What became of one file.

    outcome: `loaded`, `already loaded`, `superseded earlier load N`, `refused`, `passed over`, or
    `would be loaded` and `would supersede load N` in a dry run. bytes: uncompressed, as hashed.
    message, hint: why a file was refused, and what to do. warnings: schema drift, unsure detection, no rows,
    orders gone. left_out: the file has lines above or below its header that are no records, as comments,
    a footer, or records without a value. rows_replaced, orders_gone: of the load it supersedes, as in
    raw.loads.
    """

    file_name: str
    outcome: str
    load_id: int | None = None
    supersedes: int | None = None
    rows_loaded: int = 0
    rows_rejected: int = 0
    left_out: bool = False
    bytes: int = 0
    seconds: float = 0.0
    delimiter: str | None = None
    encoding: str | None = None
    rows_replaced: int | None = None
    orders_gone: int | None = None
    columns: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    first_rejects: tuple[Reject, ...] = ()
    message: str | None = None
    hint: str | None = None

    @property
    def refused(self) -> bool:
        return self.outcome == "refused"

    @property
    def is_new(self) -> bool:
        """Rows of it were put into the database by this call."""
        return self.load_id is not None and self.outcome != "already loaded"


@dataclass(frozen=True)
class LoadSummary:
    """All files of one call, in the order of delivery."""

    source: str
    files: tuple[FileResult, ...]
    seconds: float = 0.0
    dry_run: bool = False

    @property
    def loaded(self) -> tuple[FileResult, ...]:
        return tuple(file for file in self.files if file.is_new)

    @property
    def already_loaded(self) -> tuple[FileResult, ...]:
        return tuple(file for file in self.files if file.outcome == "already loaded")

    @property
    def passed_over(self) -> tuple[FileResult, ...]:
        return tuple(file for file in self.files if file.outcome == "passed over")

    @property
    def refused(self) -> tuple[FileResult, ...]:
        return tuple(file for file in self.files if file.refused)

    @property
    def loaded_anything(self) -> bool:
        return bool(self.loaded)

    @property
    def rows_loaded(self) -> int:
        return sum(file.rows_loaded for file in self.files if not file.refused)

    @property
    def rows_rejected(self) -> int:
        return sum(file.rows_rejected for file in self.files if not file.refused)

    def as_dict(self) -> dict[str, Any]:
        """For `--json`: plain types only."""
        totals = {
            "files": len(self.files),
            "loaded": len(self.loaded),
            "already_loaded": len(self.already_loaded),
            "refused": len(self.refused),
            "passed_over": len(self.passed_over),
            "rows_loaded": self.rows_loaded,
            "rows_rejected": self.rows_rejected,
        }
        return {**asdict(self), "totals": totals}


class Progress(Protocol):
    """Called for each file while it is read; called from several threads."""

    def started(self, file_name: str, total_bytes: int | None) -> None:
        """Reading begins; `total_bytes` on disk, None when unknown (standard input)."""

    def advanced(self, file_name: str, position: int, rows: int) -> None:
        """So many bytes of the file on disk are read, so many rows stored, counted from its start."""

    def waiting(self, file_name: str) -> None:
        """Another loader has this file; waiting for it to finish."""

    def finished(self, result: FileResult) -> None:
        """The file is committed, found to be there already, or refused."""


@dataclass
class Silent:
    """A Progress that says nothing."""

    def started(self, file_name: str, total_bytes: int | None) -> None: ...
    def advanced(self, file_name: str, position: int, rows: int) -> None: ...
    def waiting(self, file_name: str) -> None: ...
    def finished(self, result: FileResult) -> None: ...
