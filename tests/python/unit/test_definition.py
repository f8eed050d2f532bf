"""The grammar of features.yaml: Python and the macros make the same of it, and of what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendered_macros import Refused, macros

from ready.definition.features import (
    DAYS_SINCE,
    Feature,
    aggregated_features,
    describes_order,
    features_of,
    is_of_order,
    label_horizon,
    labels_of,
)
from ready.definition.splits import split_definition
from ready.lint.mapping import canonical_columns

PROJECT = Path(__file__).parents[3]
CONFIGS = [PROJECT / "configs", *sorted(file.parent for file in PROJECT.glob("examples/*/features.yaml"))]

Metas = Mapping[str, Mapping[str, Any]]

# What the shipped ones do not have.
WIDE = {
    "windows": [7, 90],
    "aggregations": {
        "orders": "count",
        "spread": "stddev of amount",
        "middle": "median of amount",
        "most": "quantile 0.95 of amount",
        "last_channel": "latest of channel",
        "channels": {"rule": "count_distinct of channel", "by": "status", "values": ["Sent off", "paid", 3]},
        "gifts": {"rule": "count", "by": "is_purchase", "values": [True]},
    },
    "totals": ["orders", "most", "last_channel"],
    "days_since_nth_last_order": [2, 3, 4, 20],
    "ratios": {"recent": "orders_7d / orders_90d", "share": "orders_7d/orders_total"},
}
CHURN = {"churn": "no purchase", "first": "sum of amount"}
OF_OWN_HORIZONS = {"a": {"rule": "max of amount", "horizon": 90}, "b": {"rule": "no purchase"}}
CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {}, {}),
    (WIDE, {}, {}),
    ({**WIDE, "ratios": {}, "windows": []}, {"horizon": 14}, {"by": "both", "seed": 7}),
    ({"totals": []}, {"horizon": 10, "label": CHURN}, {"by": "customer", "embargo": 9}),
    ({}, {"label": OF_OWN_HORIZONS}, {"train": 0.5}),
    ({}, {"label": {"a": "count", "b": {"rule": "quantile 0.1 of tax", "horizon": 5}}}, {"embargo": 0}),
    ({}, {}, {"val_from": "2025-01-01", "test_from": "2025-02-01", "val": 0.2}),
]


def shipped(configs: Path) -> dict[str, dict[str, Any]]:
    files = [yaml.safe_load((configs / name).read_text()) for name in ("features.yaml", "orders.yaml")]
    models = [model for file in files for model in file["models"]]
    return {model["name"]: model.get("config", {}).get("meta", {}).get("ready", {}) for model in models}


DEFINITIONS: list[Any] = [pytest.param(shipped(configs), id=configs.name) for configs in CONFIGS]
DEFINITIONS += [
    {"customer_features": features, "customer_labels": labels, "customer_training_set": {"splits": splits}}
    for features, labels, splits in CASES
]


def of_macro(aggregation: Mapping[str, Any], name: str, **more: Any) -> Feature:
    """Of an aggregation as a macro has it."""
    value = aggregation.get("value")
    given = {**aggregation, "value": None if value is None else str(value), "name": name, **more}
    if given["function"] == "median":  # which is a quantile to the macro
        given["level"] = None
    return Feature(**{key: given[key] for key in Feature.__dataclass_fields__ if key in given})


@pytest.mark.parametrize("metas", DEFINITIONS)
def test_both_make_the_same_features(metas: Metas) -> None:
    definition = macros(metas)["feature_definition"]()
    aggregations, totals = definition["aggregations"], definition["totals"]
    windowed = [
        of_macro(one, f"{one['name']}_{days}d", days=days)
        for days in definition["windows"]
        for one in aggregations
    ]
    summed = [of_macro(one, f"{one['name']}_total") for one in totals]
    meta = metas.get("customer_features", {})
    assert aggregated_features(meta) == [*windowed, *summed]
    features = features_of(meta)[len(windowed) + len(summed) :]
    assert [feature.name for feature in features[:2]] == [f"{function}_order" for function in DAYS_SINCE]
    assert [(one.place, one.name) for one in features if one.place > 1] == [
        (one["n"], one["name"]) for one in definition["nth_last"]
    ]
    assert [(one.name, *(side.name for side in one.sides)) for one in features if one.sides] == [
        (one["name"], one["numerator"], one["denominator"]) for one in definition["ratios"]
    ]
    assert len(features) == 2 + len(definition["nth_last"]) + len(definition["ratios"])


@pytest.mark.parametrize("metas", DEFINITIONS)
def test_both_make_the_same_labels(metas: Metas) -> None:
    found, meta = macros(metas), metas.get("customer_labels", {})
    columns = zip(found["label_definitions"](), found["label_columns"](), strict=True)
    assert labels_of(meta) == [
        of_macro(label, column, days=label["horizon"], ahead=True) for label, column in columns
    ]
    assert label_horizon(meta) == found["label_horizon"]()


@pytest.mark.parametrize("metas", DEFINITIONS)
def test_both_cut_the_same_splits(metas: Metas) -> None:
    expected = dict(macros(metas)["split_definition"]())
    by_date = expected.pop("by_date")
    splits = metas.get("customer_training_set", {}).get("splits", {})
    found = split_definition(splits, label_horizon(metas.get("customer_labels", {})))
    assert found == expected
    assert by_date == (None not in (found["val_from"], found["test_from"]))


MAPPED = {
    "channel": "Channel",
    "status": {"column": "Status", "of": "line"},
    "sku": {"column": "Sku"},
    "tax": {"column": "Tax", "type": "number", "of": "order"},
    "shop": {"column": "Shop", "of": "order"},
    "amount": {"column": "Total", "of": "order"},
}


@pytest.mark.parametrize("grain", ["order", "order_line"])
@pytest.mark.parametrize("name", [*canonical_columns(), "sku", "tax", "shop"])
def test_both_look_at_the_same_lines(grain: str, name: str) -> None:
    found = macros({"orders_mapped": {"grain": grain, "columns": MAPPED}})
    of_lines = grain == "order_line"
    assert describes_order(name, MAPPED) == found["describes_order"](name)
    assert (of_lines and is_of_order(name, MAPPED)) == found["is_of_order"](name)
    for rule in (
        "count",
        *(f"{function} of {name}" for function in ("sum", "latest", "count_distinct", "max")),
    ):
        for by in ("status", "shop", None):
            given = {"rule": rule, "by": by, "values": ["a"]} if by else rule
            (feature,) = aggregated_features({"windows": [1], "aggregations": {"one": given}})
            (aggregation,) = found["parsed_aggregation"]("one", given)
            looks = of_lines and feature.looks_at_lines(MAPPED)
            assert looks == found["aggregates_lines"](aggregation), given


@pytest.mark.parametrize("rule", ["counts", "sum amount", "total of amount", "quantile 1 of amount"])
def test_a_macro_names_what_it_refuses(rule: str) -> None:
    with pytest.raises(Refused, match=f"'odd: {rule}' is no aggregation"):
        macros({"customer_features": {"aggregations": {"odd": rule}}})["feature_definition"]()
