"""Parquet files that appear as a whole: hidden while they are written, then on disk, then renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from loader.copy import Ahead
from loader.durable import flush
from loader.spark.tables import EVENTS, REJECTS

# A row group; Spark reads each in a task of its own.
GROUP_BYTES = 32 << 20
ESCAPES = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}


class NewFile:
    """`path` once it is published. Spark leaves names that begin with _ out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hidden = path.with_name(f"_{path.name}.tmp")

    def write(self, schema: pa.Schema, tables: Iterator[pa.Table]) -> None:
        with pq.ParquetWriter(self.hidden, schema, compression="zstd") as writer:
            for table in tables:
                writer.write_table(table)
        flush(self.hidden)

    def publish(self) -> None:
        self.hidden.replace(self.path)
        flush(self.path.parent)

    def discard(self) -> None:
        self.hidden.unlink(missing_ok=True)


def load_file(folder: Path, load_id: int) -> NewFile:
    """What a load has in the folder of raw_events_log or rejected_rows_log."""
    return NewFile(folder / f"load-{load_id:010d}.parquet")


def remove_unfinished(folder: Path) -> None:
    """What killed loaders have left."""
    for path in folder.glob("_*.parquet.tmp"):
        path.unlink(missing_ok=True)


def event_tables(ahead: Ahead, loaded_at: datetime) -> Iterator[pa.Table]:
    """The reader's lines for COPY as tables of raw_events."""
    pieces, size = [], 0
    while data := ahead.read():
        pieces.append(data)
        size += len(data)
        if size >= GROUP_BYTES:
            yield _events(b"".join(pieces), loaded_at)
            pieces, size = [], 0
    if pieces:
        yield _events(b"".join(pieces), loaded_at)


def _events(lines: bytes, loaded_at: datetime) -> pa.Table:
    """COPY escapes only the backslashes of JSON, which has neither tabs nor line ends."""
    given = EVENTS.names[:3]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(lines),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=given, block_size=len(lines)),
        parse_options=pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False, escape_char="\\"),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: EVENTS.field(name).type for name in given}, strings_can_be_null=False
        ),
    )
    when = pa.repeat(pa.scalar(loaded_at, EVENTS.field("loaded_at").type), len(table))
    return table.append_column("loaded_at", when).cast(EVENTS)


def reject_table(lines: IO[bytes]) -> pa.Table:
    """The spool's lines for COPY as a table of rejected_rows."""
    rows = [[_plain(value) for value in line.decode()[:-1].split("\t")] for line in lines]
    load_ids, numbers, reasons, raw_lines = zip(*rows, strict=True)
    return pa.table([[*map(int, load_ids)], [*map(int, numbers)], reasons, raw_lines], schema=REJECTS)


def _plain(value: str) -> str:
    """Undoes COPY's escapes."""
    return re.sub(r"\\(.)", lambda found: ESCAPES[found[1]], value)
