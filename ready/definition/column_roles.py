"""What each column of a training set is for: keys, time, features with their definitions, labels, split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ready.definition.features import (
    DAYS_SINCE,
    Feature,
    label_horizon,
    recorded_features,
    recorded_features_of_source,
)
from ready.definition.splits import split_definition

FEATURE_SET = "customer_features"
SPLITS = ("train", "val", "test")
KEY = ("customer_id", "feature_time")
SPLIT = "split"

WITHOUT_WINDOW = (*DAYS_SINCE, "ratio")

Roles = dict[str, Any]


def roles_of(
    columns: Sequence[str],
    *,
    features: Sequence[str],
    config: Mapping[str, Any] | None,
    nulls: Mapping[str, int],
    fingerprint: str,
) -> Roles:
    """The roles of a training set's columns, as JSON holds them.

    Of several labels `label` is the first, and `labels` has all: see labels_in.

    features: the columns of its feature set. config: meta.feature_registry.config, None where it is not
    known. nulls: of each feature and label how many rows of the splits have no value.
    """
    own = [name for name in columns if name in features and name not in KEY]
    others = [name for name in columns if name not in (*KEY, SPLIT, *own)]
    defined = defined_features(config) if config else {}
    labels = config.get("labels") if config else None
    if labels:  # of one's own: see ready/label_sets/label_set.py
        found = [labels["columns"]["label"]]
    else:
        found = [name for name in others if name in defined] or others[:1]
    ahead = [{"name": name, **_label(defined.get(name), config), "nulls": nulls[name]} for name in found]
    return {
        "keys": [KEY[0]],
        "time": KEY[1],
        "features": [
            {"name": name, **_definition(defined.get(name), config), "nulls": nulls[name]} for name in own
        ],
        "label": ahead[0] if ahead else None,
        **({"labels": ahead} if len(ahead) > 1 else {}),
        "split": {"column": SPLIT, **_split(config)},
        "fingerprint": fingerprint,
    }


def labelled_features(labels: Mapping[str, Any]) -> str:
    """The feature set joined to own labels, by `labels` of their recorded config, which names no default."""
    return str(labels.get("features", FEATURE_SET))


def labels_in(roles: Roles) -> list[dict[str, Any]]:
    """The labels of a training set, each with its definition."""
    first = roles["label"]
    labels: list[dict[str, Any]] = roles.get("labels", [first] if first else [])
    return labels


def defined_features(config: Mapping[str, Any]) -> dict[str, Feature]:
    """The columns that rules of features.yaml define, by name: none that is SQL of one's own."""
    if "feature_set" not in config["features"]:
        return recorded_features(config)
    joined = recorded_features({**config, "features": config.get(FEATURE_SET, {})})
    defined = {name: feature for name, feature in joined.items() if feature.ahead or FEATURE_SET in config}
    for name in config.get("source_features", ()):
        defined |= recorded_features_of_source(config, name.removesuffix("_features"))
    return defined


def _definition(feature: Feature | None, config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Nothing of a column that is SQL of one's own. window_days: None is the whole past."""
    if feature is None or config is None:
        return {}
    length = "horizon_days" if feature.ahead else "window_days"
    unit = _unit(feature, config)
    return {
        "aggregation": feature.function,
        **({"level": float(feature.level)} if feature.level else {}),
        **({"column": feature.column} if feature.column else {}),
        **({"place": feature.place} if feature.place > 1 else {}),
        **dict(zip(("numerator", "denominator"), (side.name for side in feature.sides), strict=False)),
        **({"where": {feature.by: feature.value}} if feature.by else {}),
        **({} if feature.function in WITHOUT_WINDOW else {length: feature.days}),
        **({"unit": unit} if unit else {}),
    }


def _label(feature: Feature | None, config: Mapping[str, Any] | None) -> dict[str, Any]:
    labels = config.get("labels") if config else None
    if not labels:
        return _definition(feature, config)
    file = {name: labels[name] for name in ("file_name", "file_sha256")}
    return {"horizon_days": labels["horizon"], **file, "features_version": labels["features_version"]}


def _unit(feature: Feature, config: Mapping[str, Any]) -> str | None:
    """That of an amount is its currency, which no definition names."""
    if feature.function in DAYS_SINCE:
        return "days"
    if feature.function != "count":
        return None
    if feature.source:
        return feature.source
    orders = config.get("orders", {})
    is_of_lines = orders.get("grain") == "order_line" and feature.looks_at_lines(orders.get("columns", {}))
    return "order lines" if is_of_lines else "orders"


def _split(config: Mapping[str, Any] | None) -> dict[str, Any]:
    if config is None:
        return {}
    splits = split_definition(config.get("splits", {}), label_horizon(config["label"]))
    return {"by": splits["by"], "embargo_days": splits["embargo"]}
