"""What a recorded definition says of each column."""

from __future__ import annotations

from typing import Any

import pytest

from ready.definition.column_roles import labels_in, roles_of

FEATURES: dict[str, Any] = {
    "windows": [7],
    "aggregations": {
        "orders": "count",
        "revenue": "sum of amount",
        "orders_via": {"rule": "count", "by": "channel", "values": ["web"]},
        "of_colour": {"rule": "count", "by": "colour", "values": ["Dark Red"]},
        "large": "quantile 0.90 of amount",
    },
    "totals": ["revenue"],
    "days_since_nth_last_order": [2],
    "ratios": {"trend": "orders_7d / revenue_total"},
}
CONFIG: dict[str, Any] = {
    "features": FEATURES,
    "label": {"horizon": 14, "label": {"churned": "no purchase"}},
    "splits": {},
    "orders": {"columns": {"colour": "Colour"}},
}
NAMES = [
    "orders_7d", "orders_via_web_7d", "of_colour_dark_red_7d", "large_7d", "revenue_total",
    "days_since_first_order", "days_since_2nd_last_order", "trend_ratio",
]  # fmt: skip
LABEL = "label_churned_next_14d"


def roles(config: dict[str, Any] | None, names: list[str] = NAMES, label: str = LABEL) -> dict[str, Any]:
    keys = ["customer_id", "feature_time"]
    return roles_of(
        [*keys, *names, label, "split"],
        features=[*keys, *names],
        config=config,
        nulls=dict.fromkeys([*names, label], 0),
        fingerprint="f",
    )


def features(config: dict[str, Any] | None, names: list[str] = NAMES) -> dict[str, dict[str, Any]]:
    return {
        feature["name"]: {key: value for key, value in feature.items() if key not in ("name", "nulls")}
        for feature in roles(config, names)["features"]
    }


def test_the_definition_of_each_feature() -> None:
    assert features(CONFIG) == {
        "orders_7d": {"aggregation": "count", "window_days": 7, "unit": "orders"},
        "orders_via_web_7d": {
            "aggregation": "count", "where": {"channel": "web"}, "window_days": 7, "unit": "orders",
        },
        "of_colour_dark_red_7d": {
            "aggregation": "count", "where": {"colour": "Dark Red"}, "window_days": 7, "unit": "orders",
        },
        "large_7d": {"aggregation": "quantile", "level": 0.9, "column": "amount", "window_days": 7},
        "revenue_total": {"aggregation": "sum", "column": "amount", "window_days": None},
        "days_since_first_order": {"aggregation": "days_since_first", "unit": "days"},
        "days_since_2nd_last_order": {"aggregation": "days_since_last", "place": 2, "unit": "days"},
        "trend_ratio": {"aggregation": "ratio", "numerator": "orders_7d", "denominator": "revenue_total"},
    }  # fmt: skip


def test_at_the_grain_of_lines_their_own_values_are_counted_by_line() -> None:
    lines = {**CONFIG, "orders": {**CONFIG["orders"], "grain": "order_line"}}
    units = {name: feature.get("unit") for name, feature in features(lines).items()}
    assert units["of_colour_dark_red_7d"] == "order lines"
    assert units["orders_7d"] == units["orders_via_web_7d"] == "orders"


def test_the_label_has_its_horizon() -> None:
    label = {"name": LABEL, "aggregation": "no_purchase", "horizon_days": 14, "nulls": 0}
    assert roles(CONFIG)["label"] == label
    assert "labels" not in roles(CONFIG)
    assert labels_in(roles(CONFIG)) == [label]


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        ({}, {"by": "time", "embargo_days": 14}),
        ({"by": "both", "embargo": 3}, {"by": "both", "embargo_days": 3}),
        ({"by": "customer", "embargo": 3}, {"by": "customer", "embargo_days": 0}),
    ],
)
def test_the_embargo_is_that_of_the_splits(splits: dict[str, Any], expected: dict[str, Any]) -> None:
    assert roles({**CONFIG, "splits": splits})["split"] == {"column": "split", **expected}


def test_sql_of_ones_own_has_no_definition_but_that_of_the_label() -> None:
    own = {**CONFIG, "features": {"feature_set": True}}
    assert features(own, ["weighted", "days_since_last_order"]) == {
        "weighted": {},
        "days_since_last_order": {},
    }
    assert roles(own)["label"]["horizon_days"] == 14


def test_without_a_definition_there_are_names() -> None:
    assert roles(None, ["a"], "b")["features"] == [{"name": "a", "nulls": 0}]
    assert roles(None, ["a"], "b")["label"] == {"name": "b", "nulls": 0}
    none = roles_of(["customer_id", "split"], features=["customer_id"], config=None, nulls={}, fingerprint="")
    assert (none["label"], none["features"], none["split"]) == (None, [], {"column": "split"})


def test_labels_of_ones_own_name_their_file_and_horizon() -> None:
    """Also where the label has the name that features.yaml gives its own."""
    labels = {
        "columns": {"customer": "who", "time": "at", "label": LABEL},
        "horizon": 60,
        "file_name": "churn.csv",
        "file_sha256": "0a",
        "features_version": 3,
    }
    config = {**CONFIG, "label": {"horizon": 60}, "splits": {"embargo": 60}, "labels": labels}
    assert roles(config)["label"] == {
        "name": LABEL, "horizon_days": 60, "file_name": "churn.csv", "file_sha256": "0a",
        "features_version": 3, "nulls": 0,
    }  # fmt: skip
    assert roles(config)["split"] == {"column": "split", "by": "time", "embargo_days": 60}
    assert features(config) == features(CONFIG)


def test_of_sql_of_ones_own_only_what_was_joined_is_defined() -> None:
    own = {**CONFIG, "features": {"feature_set": True}}
    assert features(own) == {name: {} for name in NAMES}
    assert roles(own)["label"] == roles(CONFIG)["label"]
    names = [*NAMES, "share"]
    joined = {**own, "customer_features": FEATURES}
    assert features(joined, names) == {**features(CONFIG), "share": {}}
