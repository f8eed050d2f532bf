"""Reads one file from start to end, for COPY or, in a dry run, for nothing."""

from __future__ import annotations

from collections.abc import Callable

from loader.copy import Ahead
from loader.errors import FileRefused
from loader.header import comment_mark
from loader.results import FileResult, Progress, Reject
from loader.source import CsvSource
from loader.spool import RejectSpool

SHOWN = 100


def read_records(
    name: str,
    source: CsvSource,
    rejects: RejectSpool,
    progress: Progress,
    *,
    load_id: int,
    consume: Callable[[Ahead], None],
) -> FileResult:
    """All records after the header; the result's outcome is still empty.

    `consume` takes the lines for COPY. Raises FileRefused for a file that changes while it is
    read, is damaged, or has more rejects than allowed.
    """
    stream = source.stream
    encoder = source.encoder(load_id, rejects)
    with Ahead(encoder.batches(), lambda rows: progress.advanced(name, stream.position(), rows)) as ahead:
        consume(ahead)
    stream.check_unchanged()
    _check_rejects(source, ahead.rows, rejects)
    warnings = (*source.notes(), *encoder.notes())
    if not ahead.rows and not rejects.total:
        warnings += ("only a header, no rows",)
    return FileResult(
        name,
        outcome="",
        rows_loaded=ahead.rows,
        rows_rejected=rejects.total,
        left_out=source.left_out or encoder.left_out,
        bytes=stream.size,
        delimiter=source.format.delimiter,
        encoding=source.format.encoding,
        columns=source.header.columns,
        warnings=warnings,
        first_rejects=tuple(rejects.first),
    )


def _check_rejects(source: CsvSource, rows: int, rejects: RejectSpool) -> None:
    records, options = rows + rejects.total, source.options
    allowed = options.reject_limit.allowed(records)
    if rejects.total <= allowed:
        return
    limit = "" if options.reject_limit.count == 0 else f" (--max-rejects {options.max_rejects})"
    raise FileRefused(
        f"{source.stream.label}: {rejects.total:,} of {records:,} records cannot be stored,"
        f" {allowed:,} allowed{limit}; nothing of it was loaded\n" + "\n".join(map(describe, rejects.first)),
        hint=_way_out(source, rejects, are_most=rejects.total * 2 > records),
        rejected=rejects.total,
        first_rejects=tuple(rejects.first),
    )


def _way_out(source: CsvSource, rejects: RejectSpool, *, are_most: bool) -> str:
    """More rejects are never the way where most records are some."""
    if mark := comment_mark((reject.raw_line for reject in rejects.first), source.format.delimiter):
        return f'if these are comments, set file: {{comment: "{mark}"}} in orders.yaml'
    if are_most:
        return (
            f"the records do not fit the {len(source.header.columns)} columns of the header: set file:"
            " {header_line: N} in orders.yaml where another line is the header, or name the file's"
            " --delimiter, --quote or --encoding"
        )
    return "correct the file, name its --delimiter or --encoding, or allow more with --max-rejects"


def describe(reject: Reject) -> str:
    """One line: where, why, and the start of the text."""
    text = reject.raw_line if len(reject.raw_line) <= SHOWN else reject.raw_line[: SHOWN - 1] + "…"
    visible = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return f"  line {reject.line_number}: {reject.reason}: {visible}"
