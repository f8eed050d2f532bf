"""What orders.yaml and features.yaml define, and faults that no schema can say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ready.definition.features import (
    features_of,
    label_column,
    label_horizon,
    label_rules,
    labels_of,
)
from ready.definition.splits import SHARES, STARTS
from ready.definition.values import mapping_of
from ready.lint.aggregations import MAX_NAME, check_aggregations, check_mapped, check_rule
from ready.lint.document import Document, KeyPath, model_meta
from ready.lint.finding import Finding
from ready.lint.mapped import Mapped
from ready.lint.mapping import canonical_columns

KEY = frozenset({"customer_id", "feature_time"})
# What a way to split does not look at.
IDLE = {"time": ("seed",), "customer": ("val_from", "test_from", "embargo")}


def model_columns(features: Document | None, extras: Collection[str]) -> dict[str, frozenset[str]]:
    """Model -> its columns; of the models that features.yaml defines as far as it can be read.

    extras: what orders.yaml maps beyond the canonical columns.
    """
    names = [*canonical_columns(), *extras]
    place = ("load_id", "line_number", "file_name")
    columns = {"orders_parsed": frozenset([*place, *names, *(f"{name}_raw" for name in names)])}
    if features and isinstance(features.value, dict):
        made, labels = (
            frozenset(column.name for column in columns_of(model_meta(features, model)[1]))
            for columns_of, model in ((features_of, "customer_features"), (labels_of, "customer_labels"))
        )
        columns["customer_features"] = KEY | made
        columns["customer_labels"] = KEY | labels
        columns["customer_training_set"] = KEY | made | labels | {"split"}
    return columns


def boolean_columns(features: Document | None) -> frozenset[str]:
    """The labels that are whether a customer buys nothing."""
    meta = model_meta(features, "customer_labels")[1] if features else {}
    return frozenset(label.name for label in labels_of(meta) if label.function == "no_purchase")


def check_features(
    document: Document, extras: Mapping[str, str] | None, mapped: Mapped | None
) -> Iterator[Finding]:
    """Aggregations of what is not there, dates in the wrong order, shares that leave no room.

    extras: the columns that orders.yaml adds, with their types; None when that is not known. mapped: all that
    it maps.
    """
    path, meta = model_meta(document, "customer_features")
    yield from check_aggregations(document, path, meta, extras)
    if mapped:
        yield from check_mapped(
            document, (*path, "aggregations"), mapping_of(meta.get("aggregations")), mapped
        )
    times = mapping_of(meta.get("feature_times"))
    yield from _ordered(document, (*path, "feature_times"), times, "start", "end", allow_equal=True)
    path, meta = model_meta(document, "customer_labels")
    labels = label_rules(meta)
    if "label" in meta:
        yield from _check_labels(document, (*path, "label"), labels, extras)
        if mapped:
            yield from check_mapped(document, (*path, "label"), mapping_of(meta["label"]), mapped)
    horizon = label_horizon(meta)
    path, meta = model_meta(document, "customer_training_set")
    yield from _splits(document, (*path, "splits"), mapping_of(meta.get("splits")))
    yield from _embargo(document, (*path, "splits"), mapping_of(meta.get("splits")), horizon)


def _check_labels(
    document: Document,
    path: KeyPath,
    labels: Mapping[str, tuple[Any, Any]],
    extras: Mapping[str, str] | None,
) -> Iterator[Finding]:
    for name, (rule, horizon) in labels.items():
        yield from check_rule(document, (*path, name), name, rule, extras)
        column = label_column(name, horizon)
        if len(column) > MAX_NAME:
            message = f"label: the name {column} is too long"
            yield document.finding((*path, name), message, f"at most {MAX_NAME} letters")


def _splits(document: Document, path: KeyPath, splits: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _ordered(document, path, splits, "val_from", "test_from", allow_equal=False)
    by = splits.get("by", "time")
    dates = [key for key in STARTS if key in splits]
    shares = [key for key in SHARES if key in splits]
    if dates and shares and by == "time":
        yield document.finding(
            (*path, shares[0]), f"splits are cut by share or by date, not by both: {shares[0]}, {dates[0]}"
        )
    for key in IDLE.get(by, ()):
        if key in splits:
            yield document.finding((*path, key), f"splits by {by} have no {key}")
    given = {key: splits.get(key, default) for key, default in SHARES.items()}
    numbers = [
        value for value in given.values() if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if shares and len(numbers) == len(given) and sum(numbers) > 1:
        listed = " and ".join(f"{key} {value}" for key, value in given.items())
        yield document.finding((*path, shares[-1]), f"splits: {listed} are more than 1 together")


def _embargo(document: Document, path: KeyPath, splits: Mapping[str, Any], horizon: Any) -> Iterator[Finding]:
    """By customer there is none: nobody is in two splits."""
    embargo = splits.get("embargo")
    if splits.get("by", "time") == "customer" or not isinstance(embargo, int) or not isinstance(horizon, int):
        return
    if embargo < horizon:
        message = (
            f"embargo: {embargo} days are less than the label's horizon of {horizon}: "
            "labels of a split reach into the next one"
        )
        hint = f"write {horizon} or more, or leave it out"
        yield document.finding((*path, "embargo"), message, hint).as_warning()


def _ordered(
    document: Document,
    path: KeyPath,
    holder: Mapping[str, Any],
    first: str,
    second: str,
    *,
    allow_equal: bool,
) -> Iterator[Finding]:
    """ISO dates sort as text."""
    early, late = holder.get(first), holder.get(second)
    if not isinstance(early, str) or not isinstance(late, str):
        return
    if early > late or (early == late and not allow_equal):
        yield document.finding((*path, second), f"{second} ({late}) is not after {first} ({early})")
