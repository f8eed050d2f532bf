"""What orders.yaml and features.yaml define, and faults that no schema can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ready.lint.document import Document, KeyPath
from ready.lint.finding import Finding, nearest_or_all
from ready.lint.schema import schema

# As the models have them where features.yaml is silent (macros/features/).
DEFAULT_WINDOWS = [30]
DEFAULT_HORIZON = 30
DEFAULT_LABEL = {"revenue": "sum of amount"}
DEFAULT_SHARES = {"train": 0.7, "val": 0.15}
KEY = frozenset({"customer_id", "feature_time"})
ADDABLE = ("count", "sum")  # an average or a maximum has no total


def canonical_columns() -> list[str]:
    return list(schema("orders")["$defs"]["mapping"]["properties"]["columns"]["properties"])


def model_columns(features: Document | None) -> dict[str, frozenset[str]]:
    """Model -> its columns; of the models that features.yaml defines as far as it can be read."""
    names = canonical_columns()
    place = ("load_id", "line_number", "file_name")
    columns = {"orders_parsed": frozenset([*place, *names, *(f"{name}_raw" for name in names)])}
    if features and isinstance(features.value, dict):
        made = _feature_columns(_meta(features, "customer_features")[1])
        label = _label_column(_meta(features, "customer_labels")[1])
        columns["customer_features"] = KEY | made
        columns["customer_labels"] = KEY | {label}
        columns["customer_training_set"] = KEY | made | {label, "split"}
    return columns


def _feature_columns(meta: Mapping[str, Any]) -> frozenset[str]:
    aggregations, windows = _mapping(meta.get("aggregations")), meta.get("windows", DEFAULT_WINDOWS)
    made = {
        f"{name}_{days}d" for name in aggregations for days in (windows if isinstance(windows, list) else [])
    }
    totals = {f"{name}_total" for name in _list(meta.get("totals"))}
    return frozenset(made | totals | {"days_since_last_order", "days_since_first_order"})


def _label_column(meta: Mapping[str, Any]) -> str:
    name = next(iter(_mapping(meta.get("label")) or DEFAULT_LABEL))
    return f"label_{name}_next_{meta.get('horizon', DEFAULT_HORIZON)}d"


def check_features(document: Document) -> Iterator[Finding]:
    """Totals of what cannot be added, dates in the wrong order, shares that leave no room."""
    path, meta = _meta(document, "customer_features")
    aggregations = _mapping(meta.get("aggregations"))
    for index, name in enumerate(_list(meta.get("totals"))):
        at = (*path, "totals", index)
        if name not in aggregations:
            hint = nearest_or_all(str(name), aggregations)
            yield document.finding(at, f"totals: there is no aggregation {name}", hint)
        elif not str(aggregations[name]).strip().startswith(ADDABLE):
            yield document.finding(at, f"totals: {name} is no count or sum, so it has no total")
    times = _mapping(meta.get("feature_times"))
    yield from _ordered(document, (*path, "feature_times"), times, "start", "end", allow_equal=True)
    path, meta = _meta(document, "customer_training_set")
    yield from _splits(document, (*path, "splits"), _mapping(meta.get("splits")))


def _splits(document: Document, path: KeyPath, splits: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _ordered(document, path, splits, "val_from", "test_from", allow_equal=False)
    dates = [key for key in ("val_from", "test_from") if key in splits]
    shares = [key for key in DEFAULT_SHARES if key in splits]
    if dates and shares:
        yield document.finding(
            (*path, shares[0]), f"splits are cut by share or by date, not by both: {shares[0]}, {dates[0]}"
        )
    given = {key: splits.get(key, default) for key, default in DEFAULT_SHARES.items()}
    numbers = [
        value for value in given.values() if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if shares and len(numbers) == len(given) and sum(numbers) > 1:
        told = " and ".join(f"{key} {value}" for key, value in given.items())
        yield document.finding((*path, shares[-1]), f"splits: {told} are more than 1 together")


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


def _meta(document: Document, model_name: str) -> tuple[KeyPath, dict[str, Any]]:
    models = _list(document.value.get("models")) if isinstance(document.value, dict) else []
    for index, model in enumerate(models):
        if isinstance(model, dict) and model.get("name") == model_name:
            path = ("models", index, "config", "meta")
            return path, _mapping(_mapping(model.get("config")).get("meta"))
    return (), {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
