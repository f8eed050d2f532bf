"""Exports of rows made in a test, by the writer of `ready export`, without a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ready.dataset.export import write_export
from ready.dataset.model_types import sorted_values
from ready.dataset.training_set import TrainingSet
from ready.definition.column_roles import KEY, SPLIT, SPLITS, roles_of

CONFIG = {
    "features": {"windows": [30], "aggregations": {"orders": "count", "revenue": "sum of amount"}},
    "label": {"horizon": 30, "label": {"revenue": "sum of amount"}},
    "splits": {},
    "orders": {},
}
SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "feature_time": pa.timestamp("us", tz="UTC"),
        "orders_30d": pa.int64(),
        "revenue_30d": pa.decimal128(38, 6),
        "days_since_last_order": pa.int32(),
        "loyal": pa.bool_(),
        "channel": pa.string(),
        "label_revenue_next_30d": pa.decimal128(38, 6),
        "split": pa.string(),
    }
)
FEATURES = SCHEMA.names[2:-2]


@dataclass
class ArrowTable:
    """See ready.dataset.training_set.StoredTable; all its rows belong to a split, and come in batches."""

    table: pa.Table
    batch_rows: int

    @property
    def schema(self) -> pa.Schema:
        return self.table.schema

    def content_hash(self, columns: list[str]) -> str:
        return "hash"

    def null_counts(self, columns: list[str]) -> dict[str, int]:
        return {name: self.table[name].null_count for name in columns}

    def values(self, column: str) -> pa.Array:
        return sorted_values(self.table[column])

    def sample(self, every: int) -> pa.Table:
        return self.table.take(list(range(0, len(self.table), every)))

    def read(self, split: str | None, consume: Callable[[pa.Table], None]) -> int:
        rows = self.table if split is None else self.table.filter(pc.field(SPLIT) == split)
        for start in range(0, len(rows), self.batch_rows):
            consume(rows.slice(start, self.batch_rows).combine_chunks())
        return len(rows)


def sample(customers: int = 20) -> pa.Table:
    """Rows of nine months. Only val has a customer without a last order, and whose loyalty is unknown."""
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)
    months: list[tuple[int, str]] = [
        *((month, "train") for month in range(6)), (7, "val"), (9, "test"), (10, "test"),
    ]  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for month, split in months:
        for number in range(customers):
            amount = Decimal(number * 1_000_003 + month).scaleb(-6)
            unknown = split == "val" and number == 3
            channel = None if number == 1 else ["web", "app", "store"][(number + month) % 3]
            if split == "test":
                channel = "web"
            days = None if unknown else number % 7
            rows.append(
                (f"C{number:02}", start + timedelta(days=30 * month), number % 4, amount, days,
                 None if unknown else number % 2 == 0, channel, amount * 2, split)
            )  # fmt: skip
    return pa.table(list(map(list, zip(*rows, strict=True))), schema=SCHEMA)


def export(
    table: pa.Table, folder: Path, *, exact: bool = False, version: int = 1, batch_rows: int = 40
) -> Path:
    """The folder, with the table's splits as `ready export` writes them."""
    source = training_set(table, exact=exact, version=version, batch_rows=batch_rows)
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_export(source, source.header, SPLITS, folder)
    return folder


def training_set(
    table: pa.Table, *, exact: bool = False, version: int = 1, batch_rows: int = 40
) -> TrainingSet:
    """The table as what `ready export` reads."""
    stored = ArrowTable(table, batch_rows)
    names = [name for name in table.schema.names if name not in (*KEY, SPLIT)]
    nulls = stored.null_counts(names)
    features = [*KEY, *names[:-1]]
    roles = roles_of(table.schema.names, features=features, config=CONFIG, nulls=nulls, fingerprint="f" * 32)
    identity = {
        "feature_set": "customer_features",
        "feature_version": version,
        "data_hash": "f" * 32,
        "config_hash": "config",
        "sql_hash": "sql",
        "label_split_hash": "labels",
    }
    counts = dict.fromkeys(SPLITS, 0) | Counter(table[SPLIT].to_pylist())
    return TrainingSet("customer_training_set", stored, identity, counts, roles, exact)
