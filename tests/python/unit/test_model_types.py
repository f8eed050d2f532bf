"""Exact decimals as doubles, against Python's own conversion."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ready.dataset.model_types import as_model, model_schema, nearest_doubles


def decimals(scale: int, digits: list[int | None]) -> pa.Array:
    with localcontext(prec=50):
        values = [None if number is None else Decimal(number).scaleb(-scale) for number in digits]
    return pa.array(values, pa.decimal128(38, scale))


# Around 2^53, where a double no longer has every digit, and between two doubles of a larger size.
NEAR_A_TIE = st.integers(50, 120).flatmap(
    lambda power: st.sampled_from([0, 1, 2, 3]).flatmap(
        lambda quarter: st.integers(-2, 2).map(
            lambda beside: 2**power + quarter * 2 ** max(power - 54, 0) + beside
        )
    )
)
DIGITS = st.integers(-(10**9), 10**9) | st.integers(-(10**38) + 1, 10**38 - 1) | NEAR_A_TIE


@settings(max_examples=400)
@given(st.sampled_from([0, 2, 6, 22, 23, 38]), st.lists(st.none() | DIGITS, max_size=20))
def test_the_double_is_the_nearest(scale: int, digits: list[int | None]) -> None:
    exact = decimals(scale, digits)
    expected = [None if value is None else float(value) for value in exact.to_pylist()]
    assert nearest_doubles(exact).to_pylist() == expected


@given(st.lists(st.integers(-(10**9), 10**9), min_size=3))
def test_of_a_slice_too(digits: list[int]) -> None:
    assert nearest_doubles(decimals(6, [*digits, None])[2:]) == nearest_doubles(
        decimals(6, [*digits[2:], None])
    )


def test_the_cast_of_arrow_would_not_do() -> None:
    """Else all this could go."""
    exact = decimals(6, list(range(1, 100_000)))
    assert nearest_doubles(exact) == pa.array([float(value) for value in exact.to_pylist()])
    assert nearest_doubles(exact) != exact.cast(pa.float64())


def test_categories_are_sorted_by_bytes_and_the_same_in_parts() -> None:
    table = pa.table({"key": ["x", "y", None, "x"], "channel": ["web", "app", None, "é"]})
    schema = model_schema(table.schema, ["channel"])
    assert schema.field("key").type == pa.string()
    whole = as_model(table, schema)
    categories = whole["channel"].chunk(0).dictionary
    assert categories.to_pylist() == ["app", "web", "é"]
    part = as_model(table.slice(1, 1), schema, {"channel": categories})
    assert part["channel"].chunk(0).indices.to_pylist() == [0]
    assert whole["channel"].to_pylist() == table["channel"].to_pylist()


def test_without_rows_the_types_are_there() -> None:
    empty = pa.schema({"a": pa.decimal128(38, 6), "b": pa.int32(), "c": pa.string()}).empty_table()
    schema = model_schema(empty.schema, ["c"])
    assert as_model(empty, schema).schema == schema
