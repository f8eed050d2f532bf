"""A training set has one hash, and is read in the same batches, from PostgreSQL and from Spark's files."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from profile_oracle import is_sampled
from raw_tables import rows

from ready.postgres.connection import ConnectionParams
from ready.postgres.stored_table import PostgresTable, stored_table
from ready.spark.stored_table import SparkTable

UTC = timezone.utc
TEXTS = ["", " ", "a b", "a\u00a0b", "\x1c", '"', "\\", "a,b", "(x)", "é", "￿", "😀", None]
SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "feature_time": pa.timestamp("us", "UTC"),
        "label": pa.bool_(),
        "amount": pa.decimal128(38, 6),
        "split": pa.string(),
    }
)
Both = Callable[[list[tuple[Any, ...]]], tuple[PostgresTable, SparkTable]]


@pytest.fixture
def both(database: ConnectionParams, tmp_path: Path) -> Iterator[Both]:
    """Puts rows of SCHEMA into a table and into files, each with a part of them."""
    with contextlib.ExitStack() as stack:

        def put(records: list[tuple[Any, ...]]) -> tuple[PostgresTable, SparkTable]:
            columns = [list(values) for values in zip(*records, strict=True)] or [[] for _ in SCHEMA]
            rows(
                database,
                "create table odd (customer_id text, feature_time timestamptz, label boolean,"
                " amount numeric(38, 6), split text); insert into odd select * from unnest("
                "%s::text[], %s::timestamptz[], %s::boolean[], %s::numeric[], %s::text[]); select 1",
                *columns,
            )
            table = pa.table(columns, schema=SCHEMA)
            for part in range(3):
                written = table.filter(pa.array([n % 3 == part for n in range(len(table))], pa.bool_()))
                pa.parquet.write_table(written, tmp_path / f"part-{part}.parquet")
            connection = stack.enter_context(contextlib.closing(database.connect()))
            postgres = stack.enter_context(stored_table(connection, "public", "odd"))
            return postgres, SparkTable(str(tmp_path))

        yield put


def test_every_text_and_type_has_one_hash(both: Both) -> None:
    moment = datetime(2024, 2, 29, 12, 30, 0, 120_000, tzinfo=UTC)
    labels = [True, False, None]
    amounts = [Decimal("1.500000"), None, Decimal("-0.000001")]
    postgres, spark = both(
        [
            (
                text,
                moment.replace(microsecond=n % 2 * 120_000),
                labels[n % 3],
                amounts[n % 3],
                split,
            )
            for n, text in enumerate(TEXTS)
            for split in ("train", None)
        ]
    )
    assert postgres.schema == spark.schema == SCHEMA
    assert postgres.content_hash(SCHEMA.names) == spark.content_hash(SCHEMA.names)
    assert postgres.content_hash(["label"]) == spark.content_hash(["label"]) != spark.content_hash(["split"])


def test_missing_and_distinct_values_are_counted_alike(both: Both) -> None:
    """In rows of a split: by bytes, in which capitals come first and the astral plane last."""
    moment = datetime(2024, 2, 29, tzinfo=UTC)
    postgres, spark = both(
        [
            (text, moment, None if n % 2 else True, Decimal(n), split)
            for n, text in enumerate([*TEXTS, "b", "B", "ä", "a"])
            for split in ("train", None if n == 1 else "val")
        ]
    )
    columns = ["customer_id", "label", "amount"]
    assert postgres.null_counts(columns) == spark.null_counts(columns)
    assert postgres.null_counts(columns) == {"customer_id": 2, "label": 15, "amount": 0}
    expected = sorted({*TEXTS, "b", "B", "ä", "a"} - {None}, key=lambda text: str(text).encode())
    assert postgres.values("customer_id").to_pylist() == expected
    assert postgres.values("customer_id") == spark.values("customer_id")


def test_the_same_rows_are_drawn(both: Both) -> None:
    """As the profiles of features draw them; also of times before the first day, which count down."""
    moment = datetime(1999, 12, 20, 18, tzinfo=UTC)
    postgres, spark = both(
        [
            (f"C{n % 23}", moment + timedelta(hours=7 * n), None, Decimal(n), split)
            for n in range(90)
            for split in ("train", None)
        ]
    )
    order = [("amount", "ascending")]
    for every, least, most in ((1, 90, 90), (4, 5, 60)):
        drawn = postgres.sample(every).sort_by(order)
        assert drawn.equals(spark.sample(every).sort_by(order))
        assert least <= len(drawn) <= most
        keys = zip(*(drawn[name].to_pylist() for name in ("customer_id", "feature_time")), strict=True)
        assert all(is_sampled(customer, time, every) for customer, time in keys)


def test_no_rows_have_one_hash(both: Both) -> None:
    postgres, spark = both([])
    assert postgres.content_hash(["customer_id"]) == spark.content_hash(["customer_id"])
    assert spark.read("train", pytest.fail) == 0
    assert len(postgres.sample(2)) == len(spark.sample(2)) == 0


def test_rows_come_in_the_same_batches(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the rows of Spark's files are read in many parts."""
    monkeypatch.setattr("ready.spark.stored_table.RANGE_ROWS", 70)
    monkeypatch.setattr("ready.spark.stored_table.BATCH_ROWS", 100)
    monkeypatch.setattr("ready.dataset.arrow.BATCH_ROWS", 100)
    rng = random.Random(1)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    customers = [text for text in TEXTS if text is not None] + [f"C{n}" for n in range(40)]
    records = [
        (customer, start + timedelta(microseconds=n), None, Decimal(n), rng.choice(["train", "val", None]))
        for customer in customers
        for n in range(30)
    ]
    rng.shuffle(records)
    postgres, spark = both(records)
    for split, least in (("train", 400), ("val", 400), ("test", 0)):
        expected: list[pa.Table] = []
        batches: list[pa.Table] = []
        assert spark.read(split, batches.append) == postgres.read(split, expected.append) >= least
        assert batches == expected
        assert [len(batch) for batch in batches[:-1]] == [100] * (len(batches) - 1)
