"""One hash of labels and splits, by PostgreSQL and over Spark's files."""

from __future__ import annotations

import contextlib
from datetime import datetime, timezone
from decimal import Decimal

import pyarrow as pa
from raw_tables import rows

from ready.postgres.connection import ConnectionParams
from ready.postgres.stored_table import stored_table
from ready.spark.stored_table import content_hash

UTC = timezone.utc
TEXTS = ["", " ", "a b", "a\u00a0b", "\x1c", '"', "\\", "a,b", "(x)", "é", None]


def test_every_text_and_type_has_one_hash(database: ConnectionParams) -> None:
    moment = datetime(2024, 2, 29, 12, 30, 0, 120_000, tzinfo=UTC)
    columns = {
        "customer_id": pa.array(TEXTS),
        "feature_time": pa.array(
            [moment, moment.replace(microsecond=0)] + [moment] * 9, pa.timestamp("us", "UTC")
        ),
        "label": pa.array([True, False, None] + [True] * 8),
        "amount": pa.array([Decimal("1.500000"), None, *[Decimal("-0.000001")] * 9], pa.decimal128(38, 6)),
        "split": pa.array(["train"] * 11),
    }
    given = pa.table(columns)
    rows(
        database,
        "create table odd (customer_id text, feature_time timestamptz, label boolean, amount numeric(38, 6),"
        " split text); insert into odd select * from unnest(%s, %s, %s::boolean[], %s, %s); select 1",
        *(column.to_pylist() for column in given.columns),
    )
    with (
        contextlib.closing(database.connect()) as connection,
        stored_table(connection, "public", "odd") as table,
    ):
        assert table.content_hash(given.column_names) == content_hash(given)


def test_no_rows_have_one_hash(database: ConnectionParams) -> None:
    rows(database, "create table nothing as select 'a'::text as customer_id, null::text as split; select 1")
    with (
        contextlib.closing(database.connect()) as connection,
        stored_table(connection, "public", "nothing") as table,
    ):
        empty = pa.table({"customer_id": pa.array([], pa.string())})
        assert table.content_hash(["customer_id"]) == content_hash(empty)
