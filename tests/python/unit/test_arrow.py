"""The map from PostgreSQL types to Arrow types, and the reading of PostgreSQL's CSV."""

from __future__ import annotations

import re
from decimal import Decimal

import pyarrow as pa
import pytest

import ready.dataset.arrow
from ready.dataset.arrow import BatchSink, arrow_schema
from ready.errors import CheckFailed, UsageError


@pytest.mark.parametrize(
    ("sql_type", "expected"),
    [
        ("numeric(38,6)", pa.decimal128(38, 6)),
        ("numeric(5,0)", pa.decimal128(5, 0)),
        ("bigint", pa.int64()),
        ("integer", pa.int32()),
        ("smallint", pa.int16()),
        ("double precision", pa.float64()),
        ("real", pa.float32()),
        ("boolean", pa.bool_()),
        ("text", pa.string()),
        ("character varying(20)", pa.string()),
        ("date", pa.date32()),
        ("timestamp without time zone", pa.timestamp("us")),
        ("timestamp(3) with time zone", pa.timestamp("us", tz="UTC")),
    ],
)
def test_each_type_has_its_exact_counterpart(sql_type: str, expected: pa.DataType) -> None:
    assert arrow_schema([("c", sql_type)]).field("c").type == expected


@pytest.mark.parametrize(
    "sql_type", ["numeric", "numeric(39,6)", "numeric(3,5)", "numeric(5,-2)", "jsonb", "text[]"]
)
def test_a_type_without_exact_counterpart_is_refused_by_name(sql_type: str) -> None:
    with pytest.raises(UsageError, match="revenue_7d is " + re.escape(sql_type)):
        arrow_schema([("customer_id", "text"), ("revenue_7d", sql_type)])


def test_batches_are_cut_by_rows_and_nulls_differ_from_empty_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready.dataset.arrow, "BATCH_ROWS", 2)
    schema = arrow_schema([("name", "text"), ("amount", "numeric(10,2)"), ("flag", "boolean")])
    batches: list[pa.Table] = []
    with BatchSink(schema, batches.append) as sink:
        for line in (b'"a\n""b""",1.50,t\n', b",,\n", b'"",-0.01,f\n'):
            sink.write(line)
    assert sink.rows == 3
    assert [batch.num_rows for batch in batches] == [2, 1]
    assert pa.concat_tables(batches).to_pylist() == [
        {"name": 'a\n"b"', "amount": Decimal("1.50"), "flag": True},
        {"name": None, "amount": None, "flag": None},
        {"name": "", "amount": Decimal("-0.01"), "flag": False},
    ]


def test_a_single_null_column_is_still_a_row() -> None:
    batches: list[pa.Table] = []
    with BatchSink(arrow_schema([("name", "text")]), batches.append) as sink:
        sink.write(b"\n")
    assert batches[0].to_pylist() == [{"name": None}]


def test_no_rows_no_batch() -> None:
    batches: list[pa.Table] = []
    with BatchSink(arrow_schema([("name", "text")]), batches.append) as sink:
        pass
    assert (sink.rows, batches) == (0, [])


@pytest.mark.parametrize(
    ("sql_type", "text"),
    [("numeric(10,2)", b"NaN"), ("timestamp with time zone", b"infinity"), ("date", b"0044-03-15 BC")],
)
def test_a_value_that_parquet_cannot_hold_is_refused(sql_type: str, text: bytes) -> None:
    with (
        pytest.raises(CheckFailed, match="no place in Parquet"),
        BatchSink(arrow_schema([("c", sql_type)]), lambda batch: None) as sink,
    ):
        sink.write(text + b"\n")
