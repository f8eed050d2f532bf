"""A training set's table on Spark, from its Parquet files: the rows have to fit into memory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from ready.arrow import BATCH_ROWS
from ready.errors import UsageError
from ready.spark.connection import fetch
from ready.spark.dialect import identifier
from ready.spark.query import missing_told

NEEDS_QUOTES = re.compile(r'[\s,()"\\]|^$', re.ASCII)


@contextmanager
def stored_table(connection: Any, schema: str, name: str) -> Iterator[SparkTable]:
    """The build that the published view shows now. Raises UsageError where it is not on this machine."""
    with missing_told():
        folder = _folder(connection, schema, name)
    yield SparkTable(rows_in(folder, pc.field("split").is_valid()))


def rows_in(folder: str, which: pc.Expression | None = None) -> pa.Table:
    """What Spark has written there, typed as PostgreSQL's rows are."""
    rows = pyarrow.dataset.dataset(folder, format="parquet").to_table(filter=which)
    return rows.cast(pa.schema([(field.name, _exact(field.type)) for field in rows.schema]))


def _folder(connection: Any, schema: str, name: str) -> str:
    """The published view shows one build's table, whose files are read."""
    (statement,) = fetch(connection, f"show create table {identifier(schema)}.{identifier(name)}")[0]
    build = re.search(rf"{re.escape(name)}__build_\w+", statement)
    if build is None:
        raise UsageError("the training set is not published", hint="build it: ready run --target spark")
    described = {
        row[0]: row[1] for row in fetch(connection, f"describe extended {identifier(schema)}.{build[0]}")
    }
    place = urlsplit(described["Location"])
    if place.scheme != "file":
        raise UsageError(f"reading {described['Location']} is not available on Spark yet")
    return unquote(place.path)


class SparkTable:
    """See ready.training_set.StoredTable."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows
        self.schema: pa.Schema = rows.schema

    def content_hash(self, columns: list[str]) -> str:
        return content_hash(self.rows.select(columns))

    def read(self, split: str, consume: Callable[[pa.Table], None]) -> int:
        chosen = self.rows.filter(pc.equal(self.rows["split"], split))
        chosen = chosen.sort_by([("customer_id", "ascending"), ("feature_time", "ascending")])
        for start in range(0, chosen.num_rows, BATCH_ROWS):
            consume(chosen.slice(start, BATCH_ROWS).combine_chunks())
        return int(chosen.num_rows)


def _exact(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us", tz="UTC") if pa.types.is_timestamp(kind) else kind


def content_hash(rows: pa.Table) -> str:
    """128 bits over the rows, whatever their order: as ready/training_set.py has PostgreSQL compute it."""
    halves = [0, 0]
    for row in zip(*(_texts(column) for column in rows.columns), strict=True):
        digest = hashlib.md5(f"({','.join(row)})".encode(), usedforsecurity=False).digest()
        for half in (0, 1):
            halves[half] += int.from_bytes(digest[8 * half : 8 * half + 8], "big", signed=True)
    text = "|".join(map(str, (rows.num_rows, *(halves if rows.num_rows else ()))))  # no row, no sum
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _texts(column: pa.ChunkedArray) -> Sequence[str]:
    """Values as in PostgreSQL's text of a row."""
    return ["" if value is None else _quoted(_text(value)) for value in column.to_pylist()]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        plain = value.isoformat(sep=" ").removesuffix("+00:00")
        return (plain.rstrip("0") if "." in plain else plain) + "+00"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _quoted(text: str) -> str:
    if not NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'
