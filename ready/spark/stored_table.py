"""A training set's table on Spark, from its Parquet files: memory holds RANGE_ROWS, and a split's ids."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from itertools import zip_longest
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from ready.dataset.arrow import BATCH_ROWS
from ready.dataset.model_types import sorted_values
from ready.definition.column_roles import KEY
from ready.errors import UsageError
from ready.label_sets.hash_number import hash_number
from ready.spark.connection import fetch
from ready.spark.dialect import identifier
from ready.spark.query import missing_told

# About 250 MB of the shipped features.
RANGE_ROWS = 1_000_000
KEY_ORDER = [(column, "ascending") for column in KEY]
# By default more is read ahead than the rows themselves take.
SCAN = {
    "batch_readahead": 2,
    "fragment_readahead": 1,
    "fragment_scan_options": pyarrow.dataset.ParquetFragmentScanOptions(pre_buffer=False),
}

DAY_ONE = datetime(2000, 1, 1, tzinfo=timezone.utc)
NEEDS_QUOTES = re.compile(r'[\s,()"\\]|^$', re.ASCII)


@contextmanager
def stored_table(connection: Any, schema: str, name: str) -> Iterator[SparkTable]:
    """The build that the published view shows now. Raises UsageError where it is not on this machine."""
    with missing_told():
        folder = _folder(connection, schema, name)
    yield SparkTable(folder)


def rows_in(folder: str) -> pa.Table:
    """What Spark has written there, typed as PostgreSQL's rows are."""
    rows = pyarrow.dataset.dataset(folder, format="parquet").to_table()
    return rows.cast(_exact(rows.schema))


def _folder(connection: Any, schema: str, name: str) -> str:
    """The published view shows one build's table, whose files are read."""
    build = shown_build(connection, schema, name)
    if build is None:
        raise UsageError("the training set is not published", hint="build it: ready run --target spark")
    return table_folder(connection, schema, build)


def shown_build(connection: Any, schema: str, view: str) -> str | None:
    """The name of the build's table that a view shows."""
    (statement,) = fetch(connection, f"show create table {identifier(schema)}.{identifier(view)}")[0]
    build = re.search(rf"{re.escape(view)}__build_\w+", statement)
    return build[0] if build else None


def table_folder(connection: Any, schema: str, table: str) -> str:
    """Where a table's files are. Raises UsageError where that is no folder of this machine."""
    described = {
        row[0]: row[1]
        for row in fetch(connection, f"describe extended {identifier(schema)}.{identifier(table)}")
    }
    place = urlsplit(described["Location"])
    if place.scheme != "file":
        raise UsageError(f"reading {described['Location']} is not available on Spark yet")
    return unquote(place.path)


class SparkTable:
    """See ready.dataset.training_set.StoredTable."""

    def __init__(self, folder: str) -> None:
        self._files = pyarrow.dataset.dataset(folder, format="parquet")
        self.schema = _exact(self._files.schema)

    def content_hash(self, columns: list[str], *, in_splits: bool = True) -> str:
        """As ready/postgres/stored_table.py has PostgreSQL compute it."""
        rows, halves = 0, [0, 0]
        chosen = pc.field("split").is_valid() if in_splits else pc.scalar(True)
        for batch in self._files.to_batches(columns=columns, filter=chosen, **SCAN):
            rows += batch.num_rows
            table = pa.Table.from_batches([batch])
            for row in zip(*map(_texts, table.cast(_exact(table.schema)).columns), strict=True):
                digest = hashlib.md5(f"({','.join(row)})".encode(), usedforsecurity=False).digest()
                for half in (0, 1):
                    halves[half] += int.from_bytes(digest[8 * half : 8 * half + 8], "big", signed=True)
        text = "|".join(map(str, (rows, *(halves if rows else ()))))  # no row, no sum
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def null_counts(self, columns: list[str]) -> dict[str, int]:
        """See ready.dataset.training_set.StoredTable."""
        counts = dict.fromkeys(columns, 0)
        for batch in self._files.to_batches(columns=columns, filter=pc.field("split").is_valid(), **SCAN):
            for name in columns:
                counts[name] += batch[name].null_count
        return counts

    def values(self, column: str) -> pa.Array:
        """See ready.dataset.training_set.StoredTable."""
        read = self._files.to_table([column], filter=pc.field("split").is_valid(), **SCAN)
        return sorted_values(read[column])

    def sample(self, every: int) -> pa.Table:
        """See ready.dataset.training_set.StoredTable; drawn as macros/meta/feature_profiles.sql draws."""
        parts = [self.schema.empty_table()]
        for batch in self._files.to_batches(filter=pc.field("split").is_valid(), **SCAN):
            rows = pa.Table.from_batches([batch]).cast(self.schema)
            drawn = [
                (hash_number(f"profile|{customer}") + (time - DAY_ONE).days) % every == 0
                for customer, time in zip(*(rows[name].to_pylist() for name in KEY), strict=True)
            ]
            parts.append(rows.filter(pa.array(drawn, pa.bool_())))
        return pa.concat_tables(parts)

    def read(self, split: str | None, consume: Callable[[pa.Table], None]) -> int:
        rows, rest = 0, self.schema.empty_table()
        for which in self._ranges(pc.scalar(True) if split is None else pc.field("split") == split):
            part = self._files.to_table(filter=which, **SCAN).cast(self.schema).sort_by(KEY_ORDER)
            rest = pa.concat_tables([rest, part])
            whole = len(rest) // BATCH_ROWS * BATCH_ROWS
            for start in range(0, whole, BATCH_ROWS):
                consume(rest.slice(start, BATCH_ROWS).combine_chunks())
            rows, rest = rows + whole, rest.slice(whole).combine_chunks()  # a copy, so that the others may go
        if len(rest):
            consume(rest)
        return rows + len(rest)

    def _ranges(self, chosen: pc.Expression) -> Iterator[pc.Expression]:
        """The chosen rows in parts of about RANGE_ROWS, one customer after the other."""
        starts = self._every_so_many(chosen)
        for start, end in zip_longest(starts, starts[1:]):
            below = pc.scalar(True) if end is None else pc.field("customer_id") < end
            yield chosen & (pc.field("customer_id") >= start) & below

    def _every_so_many(self, chosen: pc.Expression) -> list[str]:
        """Of the customers in order the first, and each that comes RANGE_ROWS after another."""
        read = self._files.to_table(["customer_id"], filter=chosen, **SCAN)
        customers = read.sort_by("customer_id")["customer_id"]
        return sorted({customers[n].as_py() for n in range(0, len(customers), RANGE_ROWS)})


def _exact(schema: pa.Schema) -> pa.Schema:
    instant = pa.timestamp("us", tz="UTC")
    return pa.schema(
        [(field.name, instant if pa.types.is_timestamp(field.type) else field.type) for field in schema]
    )


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
