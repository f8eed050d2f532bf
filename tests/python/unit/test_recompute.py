"""Features from a recorded definition, and their values from orders: without a database."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import average, quantile

from ready.definition.features import Feature, recorded_features
from ready.proof.recompute import Purchase, arithmetic, ratio, recompute

T = datetime(2025, 3, 1, tzinfo=timezone.utc)
CONFIG = {
    "features": {
        "windows": [7, 30],
        "aggregations": {
            "orders": "count",
            "revenue": "sum of amount",
            "sold": {"rule": "sum of amount", "by": "channel", "values": ["Web Shop", "app"]},
        },
        "totals": ["revenue"],
    },
    "label": {"horizon": 60, "label": {"churn": "no purchase"}},
}
AMOUNTS = st.lists(st.decimals(-(10**9), 10**9, places=6), min_size=1, max_size=9)


def purchases(*amounts: str | Decimal | None) -> list[Purchase]:
    """One a day, the last one a day before T."""
    return [
        Purchase(T - timedelta(days=len(amounts) - n), None if amount is None else Decimal(amount))
        for n, amount in enumerate(amounts)
    ]


def value(function: str, *amounts: str | Decimal | None) -> object:
    return recompute(Feature("f", function, column="amount"), purchases(*amounts), T)


def test_a_definition_makes_the_columns_in_the_order_of_the_table() -> None:
    features = recorded_features(CONFIG)
    names = ("orders", "revenue", "sold_web_shop", "sold_app")
    windowed = [f"{name}_{days}d" for days in (7, 30) for name in names]
    label = "label_churn_next_60d"
    assert [*features] == [
        *windowed, "revenue_total", "days_since_last_order", "days_since_first_order", label
    ]  # fmt: skip
    assert (features["sold_web_shop_7d"].by, features["sold_web_shop_7d"].value) == ("channel", "Web Shop")
    assert features["sold_web_shop_7d"].rule == "sum of amount where channel is Web Shop"


def test_windows_look_back_and_the_label_ahead() -> None:
    features = recorded_features(CONFIG)
    assert features["orders_7d"].window(T) == (T - timedelta(days=7), T)
    assert features["revenue_total"].window(T) == (None, T)
    assert features["label_churn_next_60d"].window(T) == (T, T + timedelta(days=60))


@pytest.mark.parametrize(
    ("function", "empty"),
    [("count", 0), ("sum", 0), ("count_distinct", 0), ("avg", None), ("max", None), ("min", None),
     ("stddev", None), ("median", None), ("latest", None), ("mode", None), ("no_purchase", True),
     ("days_since_last", None)],
)  # fmt: skip
def test_an_empty_window(function: str, empty: object) -> None:
    assert value(function) == empty


def test_each_function() -> None:
    amounts = ("10.10", "0.20", "10.10", None)
    assert value("count", *amounts) == 4
    assert value("count_distinct", *amounts) == 2
    assert value("sum", *amounts) == Decimal("20.40")
    assert value("min", *amounts) == Decimal("0.20")
    assert value("max", *amounts) == Decimal("10.10")
    assert value("avg", *amounts) == Decimal("6.800000")
    assert value("no_purchase", *amounts) is False
    assert value("stddev", "2", "4", "4", "4", "5", "5", "7", "9") == Decimal("2.138090")
    assert value("stddev", "5") is None
    assert value("median", *amounts) == Decimal("10.10")
    assert value("median", "3", "0.000002", "0.000001", "0") == Decimal("0.000002")  # a half away from zero
    assert value("median", "-0.000001", "-0.000002") == Decimal("-0.000002")


@given(AMOUNTS, st.integers(0, 9999))
def test_a_quantile_lies_between_two_amounts_in_proportion(amounts: list[Decimal], level: int) -> None:
    feature = Feature("f", "quantile", column="amount", level=f"0.{level:04}")
    assert feature.rule == f"quantile 0.{level:04} of amount"
    assert recompute(feature, purchases(*amounts), T) == quantile(amounts, Fraction(level, 10_000))


def test_days_since_are_whole_days_rounded_down() -> None:
    times = [T - timedelta(days=9, seconds=1), T - timedelta(days=3) + timedelta(microseconds=1)]
    orders = [Purchase(time, None) for time in times]
    assert recompute(Feature("f", "days_since_first"), orders, T) == 9
    assert recompute(Feature("f", "days_since_last"), orders, T) == 2
    assert recompute(Feature("f", "days_since_last", place=2), orders, T) == 9
    assert recompute(Feature("f", "days_since_last", place=3), orders, T) is None


def test_the_texts_of_purchases() -> None:
    texts = ((9, "b"), (9, "Z"), (5, "web"), (4, "web"), (3, "app"), (2, "app"), (1, "phone"), (0, None))
    bought = [Purchase(T - timedelta(days=days), text) for days, text in texts]

    def text(function: str, *purchases: Purchase) -> object:
        return recompute(Feature("f", function, column="channel"), purchases, T)

    assert (text("latest", *bought), text("first", *bought), text("mode", *bought)) == ("phone", "Z", "app")
    assert text("mode", *bought[:2]) == text("latest", *bought[:2]) == "Z"  # of one instant the smallest
    long = "é" * 65  # 130 bytes
    assert text("latest", Purchase(T, long)) == "é" * 20 + hashlib.md5(long.encode()).hexdigest()


def test_a_ratio_is_rounded_half_away_from_zero_and_null_by_zero() -> None:
    assert ratio(Decimal("1.000000"), 3) == Decimal("0.333333")
    assert ratio(Decimal("-0.000001"), 2) == Decimal("-0.000001")
    assert ratio(0, Decimal("-7")) == 0
    assert (ratio(1, 0), ratio(None, 2), ratio(2, None), ratio(Decimal(1), Decimal("0.000000"))) == (
        None,
    ) * 4


def test_a_ratio_has_the_longer_window() -> None:
    features = recorded_features(
        {
            **CONFIG,
            "features": {
                **CONFIG["features"],
                "ratios": {"trend": "revenue_7d / revenue_30d", "all": "revenue_7d / revenue_total"},
            },
        }
    )
    assert [*features][-3:] == ["trend_ratio", "all_ratio", "label_churn_next_60d"]
    assert (features["trend_ratio"].days, features["all_ratio"].days) == (30, None)
    assert features["trend_ratio"].rule == "revenue_7d / revenue_30d"


@given(AMOUNTS)
def test_averages_are_rounded_as_the_oracle_rounds(amounts: list[Decimal]) -> None:
    assert value("avg", *amounts) == average(amounts)


@given(AMOUNTS)
def test_a_deviation_is_the_nearest_millionth(amounts: list[Decimal]) -> None:
    found = value("stddev", *amounts)
    if len(amounts) < 2:
        assert found is None
        return
    mean = sum(map(Fraction, amounts)) / len(amounts)
    variance = sum((Fraction(amount) - mean) ** 2 for amount in amounts) / (len(amounts) - 1)
    half = Fraction(1, 2 * 10**6)
    assert max(Fraction(str(found)) - half, 0) ** 2 <= variance < (Fraction(str(found)) + half) ** 2


def test_sums_of_the_largest_amounts_are_exact() -> None:
    assert value("sum", "999999999999999999.999999", "0.000001") == Decimal("1000000000000000000")


@pytest.mark.parametrize(
    ("function", "text"),
    [("sum", "1.10 + 2.00"), ("avg", "3.10 / 2"), ("count", "2 purchase(s)"), ("max", "max of 2 value(s)"),
     ("days_since_first", "whole days from 2025-02-27 00:00:00 to 2025-03-01 00:00:00")],
)  # fmt: skip
def test_the_calculation_is_written_down(function: str, text: str) -> None:
    assert arithmetic(Feature("f", function, column="amount"), purchases("1.10", "2.00"), T) == text


def test_a_state_is_no_purchase() -> None:
    assert arithmetic(Feature("f", "age_days", column="segment"), [], T) == "age days of 0 state(s)"


def test_a_text_is_a_value_too_where_values_are_counted() -> None:
    bought = [Purchase(T, measure) for measure in ("web", "app", None)]
    assert (
        arithmetic(Feature("f", "count_distinct", column="channel"), bought, T)
        == "count_distinct of 2 value(s)"
    )
