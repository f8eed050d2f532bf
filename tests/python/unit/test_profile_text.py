"""Profiles that are counted beside the database are those of plain Python."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from profile_oracle import profile_of

from ready.label_sets.profile import profile_text
from ready.recorded.profiles import parse_profile

COLUMNS = {
    "counts": [n % 7 - 3 for n in range(1_500)],
    "amounts": [Decimal(n * 7919 % 10007) / 8 if n % 3 else None for n in range(1_500)],
    "constant": [Decimal("2.500000")] * 5,
    "tens": [100, 100, 0],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_numbers_are_profiled(name: str) -> None:
    values = COLUMNS[name]
    kind = pa.decimal128(38, 6) if any(isinstance(value, Decimal) for value in values) else pa.int64()
    column = pa.chunked_array([pa.array(values[:3], kind), pa.array(values[3:], kind)])
    assert parse_profile(name, profile_text(column)) == profile_of(name, values)


def test_columns_without_values_or_numbers_are_counted() -> None:
    assert parse_profile("none", profile_text(pa.chunked_array([[None] * 3], pa.int32()))) == profile_of(
        "none", [None] * 3
    )
    counted = parse_profile("words", profile_text(pa.chunked_array([["a", None]], pa.string())))
    assert (counted.rows, counted.missing, counted.zero, counted.distribution) == (2, 1, None, ())


def test_no_digit_of_the_longest_numbers_is_lost() -> None:
    values = [Decimal("12345678901234567890123456789012.345678"), Decimal("0.000001")]
    counted = parse_profile("long", profile_text(pa.chunked_array([values], pa.decimal128(38, 6))))
    assert (counted.minimum, counted.maximum) == (values[1], values[0])
    assert counted.mean == Decimal("6172839450617283945061728394506.172840"), "half up"
