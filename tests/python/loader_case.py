"""Reads a CSV through the loader without a database: what would be copied, as rows and rejects."""

from __future__ import annotations

import io
import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from loader import LoadOptions, Reject
from loader.clean import Batch
from loader.source import CsvSource
from loader.spool import RejectSpool
from loader.streams import ByteStream

Row = tuple[int, dict[str, str]]


@dataclass(frozen=True)
class Table:
    """rows: (line number, payload); rejects: the first five of all."""

    columns: tuple[str, ...]
    rows: list[Row]
    rejects: list[Reject]
    delimiter: str
    encoding: str
    notes: tuple[str, ...]

    @property
    def payloads(self) -> list[dict[str, str]]:
        return [payload for _, payload in self.rows]


def read_csv(data: bytes, *, fast: bool = True, **options: Any) -> Table:
    """`fast=False` switches the fast path off, so that the two can be compared."""
    stream = ByteStream(io.BytesIO(data), label="t.csv", total=len(data))
    with closing(RejectSpool(7)) as rejects:
        source = CsvSource(stream, LoadOptions(**options))
        encoder = source.encoder(7, rejects)
        if not fast:
            encoder._clean.encode = lambda block, line: None  # type: ignore[method-assign]
        rows = [row for batch in encoder.batches() for row in decode_batch(batch)]
        notes = (*source.notes(), *encoder.notes())
        form = source.format
        return Table(source.header.columns, rows, rejects.first, form.delimiter, form.encoding, notes)


def decode_batch(batch: Batch) -> list[Row]:
    """What PostgreSQL makes of the lines: undo COPY's escapes, then JSON."""
    lines = batch.data.split(b"\n")[:-1]
    assert len(lines) == batch.rows
    rows = []
    for line in lines:
        load_id, number, payload = line.replace(b"\\\\", b"\\").split(b"\t")
        assert load_id == b"7"
        rows.append((int(number), json.loads(payload)))
    return rows
