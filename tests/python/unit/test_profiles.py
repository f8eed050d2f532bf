"""Profiles of features and the drift between them, on values that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_oracle import profile_of

from ready.recorded.profiles import ColumnProfile, parse_profile, population_stability_index, shift

numbers = st.lists(st.none() | st.integers(-50, 50), min_size=1, max_size=400)


def repeated(*times: int) -> list[Decimal | int | None]:
    """1 as often as the first says, 2 as often as the second, and so on."""
    return [value for value, count in enumerate(times, start=1) for _ in range(count)]


def test_the_index_is_the_sum_over_bins_of_difference_times_log_ratio() -> None:
    before, after = profile_of("f", repeated(25, 25, 25, 25)), profile_of("f", repeated(10, 20, 30, 40))
    by_hand = -0.15 * log(0.4) - 0.05 * log(0.8) + 0.05 * log(1.2) + 0.15 * log(1.6)
    assert population_stability_index(before, after) == pytest.approx(by_hand)


def test_missing_values_are_a_bin_of_their_own() -> None:
    before = profile_of("f", [1] * 90 + [None] * 10)
    after = profile_of("f", [1] * 70 + [None] * 30)
    assert population_stability_index(before, after) == pytest.approx(-0.2 * log(7 / 9) + 0.2 * log(3))


def test_a_value_never_seen_before_counts_against_a_share_of_a_ten_thousandth() -> None:
    before, after = profile_of("f", [1] * 100), profile_of("f", [1] * 90 + [2] * 10)
    assert population_stability_index(before, after) == pytest.approx(-0.1 * log(0.9) + 0.0999 * log(1000))


@pytest.mark.parametrize(
    ("index", "word"), [(0.0, "stable"), (0.0999, "stable"), (0.1, "moderate"), (0.25, "major")]
)
def test_the_usual_thresholds(index: float, word: str) -> None:
    assert shift(index) == word


@given(numbers, numbers)
def test_the_index_is_never_negative_and_nought_for_the_same(
    before: Sequence[int | None], after: Sequence[int | None]
) -> None:
    one, other = profile_of("f", before), profile_of("f", after)
    assert population_stability_index(one, one) == 0
    assert population_stability_index(one, other) >= 0


@given(numbers)
def test_percentiles_are_those_of_sorted_values(values: Sequence[int | None]) -> None:
    filled = sorted(value for value in values if value is not None)
    profile = profile_of("f", values)
    for per_mille in range(5, 1001, 5):
        rank = -(-per_mille * len(filled) // 1000)
        expected = filled[rank - 1] if filled else None
        assert profile.quantile(per_mille / 1000) == expected


@given(st.lists(st.integers(-5000, 5000), min_size=1, max_size=900), st.integers(-5001, 5001))
def test_the_share_up_to_a_value_is_at_most_half_a_percent_off(values: list[int], at: int) -> None:
    exact = sum(value <= at for value in values) / len(values)
    assert abs(profile_of("f", values).share_up_to(Decimal(at)) - exact) <= 0.005


def test_a_column_that_is_no_number_drifts_by_its_missing_values() -> None:
    one = parse_profile("t", '{"rows": 10, "missing": 0}')
    other = parse_profile("t", '{"rows": 10, "missing": 5}')
    assert one == ColumnProfile("t", rows=10, missing=0)
    assert population_stability_index(one, other) > 1
    assert population_stability_index(one, one) == 0
