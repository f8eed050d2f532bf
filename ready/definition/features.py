"""The columns that a definition gives customer_features and customer_labels: a Feature for each, in order.

A definition that the lint reads may be faulty: what cannot be read makes no column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ready.definition.values import list_of, mapping_of

DAY = timedelta(days=1)
DEFAULT_WINDOWS = [30]
DEFAULT_HORIZON = 30
DEFAULT_LABELS = {"revenue": "sum of amount"}
OF_TEXTS = ("latest", "first", "mode")
# Feature times of the calendar, and of the orders; all else names a source of events.
TIMES_OF_ORDERS = ("day", "week", "month", "order")
DAYS_SINCE = ("days_since_last", "days_since_first")
NTH_LAST = "days_since_nth_last_order"
NO_PURCHASE = "no purchase"
# Of a column of states: the ending of the feature's name, and what it says.
OF_STATES = {"": "state", "_age_days": "age_days", "_changes": "changes"}
RULE = re.compile(r"\s*(?P<function>\w+)(?:\s+(?P<level>[0-9.]+))?\s+of\s+(?P<column>\w+)\s*")
OF_ORDERS = ("order_id", "customer_id", "order_ts", "currency", "status", "channel")


def describes_order(name: str, mapped: Mapping[str, Any]) -> bool:
    """Whether a column's value is its order's and not its line's. mapped: the columns of orders.yaml."""
    of = _of(name, mapped)
    return of == "order" or (of != "line" and name in OF_ORDERS)


def is_of_order(name: str, mapped: Mapping[str, Any]) -> bool:
    """Whether orders.yaml says so of a column."""
    return _of(name, mapped) == "order"


def _of(name: str, mapped: Mapping[str, Any]) -> str | None:
    return mapping_of(mapped.get(name)).get("of")


@dataclass(frozen=True)
class Feature:
    """One column of customer_features, or a label.

    function: count, sum, avg, min, max, median, quantile, stddev, count_distinct, latest, first, mode,
    no_purchase (label), days_since_last, days_since_first, ratio; of states state, age_days, changes.
    column: of stg.orders, None where the function reads none. by, value: only orders whose column `by` is
    `value`. days: the window's length, None for the whole past. ahead: the window begins at feature_time
    (label) instead of ending there. sides: numerator and denominator of a ratio. place: of days_since_last,
    which order from the last one (1) on. level: of a quantile. source: which source beside the orders it is
    made of; empty for the orders.
    """

    name: str
    function: str
    column: str | None = None
    by: str | None = None
    value: str | None = None
    days: int | None = None
    ahead: bool = False
    sides: tuple[Feature, ...] = ()
    place: int = 1
    level: str | None = None
    source: str = ""

    def looks_at_lines(self, mapped: Mapping[str, Any]) -> bool:
        """Whether each line counts and not each order, at grain order_line.

        mapped: the columns of orders.yaml.
        """
        if self.function in ("sum", "count_distinct"):
            return True
        if self.picks_text and not describes_order(str(self.column), mapped):
            return True
        return self.by is not None and not describes_order(self.by, mapped)

    @property
    def picks_text(self) -> bool:
        return self.function in OF_TEXTS

    @property
    def rule(self) -> str:
        """The function in the words of features.yaml."""
        if self.sides:
            return " / ".join(side.name for side in self.sides)
        if self.place > 1:
            return self.name.replace("_", " ")
        words = f"{self.title} of {self.column}" if self.column else self.function.replace("_", " ")
        return f"{words} where {self.by} is {self.value}" if self.by else words

    @property
    def title(self) -> str:
        """The function, with the level of a quantile."""
        return f"{self.function} {self.level}" if self.level else self.function

    def window(self, feature_time: datetime) -> tuple[datetime | None, datetime]:
        """From (included; None: the customer's first order) and to (excluded)."""
        length = None if self.days is None else self.days * DAY
        if self.ahead:
            return feature_time, feature_time + (length or DAY * 0)
        return (None if length is None else feature_time - length), feature_time


def recorded_features(config: Mapping[str, Any]) -> dict[str, Feature]:
    """The columns of customer_features by name, and last the labels, from meta.feature_registry.config."""
    features = [*features_of(config["features"]), *labels_of(config["label"])]
    return {feature.name: feature for feature in features}


def recorded_features_of_source(config: Mapping[str, Any], source: str) -> dict[str, Feature]:
    """The columns of a source's features by name, from the same."""
    features = features_of(config["source_features"][f"{source}_features"], source)
    return {
        feature.name: replace(
            feature, source=source, sides=tuple(replace(side, source=source) for side in feature.sides)
        )
        for feature in features
    }


def features_of(meta: Mapping[str, Any], noun: str = "order") -> list[Feature]:
    """The columns of customer_features; a name that comes twice is there twice. meta: of the model.

    noun: of the features of another source its name, as in days_since_last_visits.
    """
    if "latest" in meta:
        return [
            Feature(f"{column}{ending}", function, column=str(column))
            for column in list_of(meta["latest"])
            for ending, function in OF_STATES.items()
        ]
    features = aggregated_features(meta)
    features += [Feature(f"{function}_{noun}", function) for function in DAYS_SINCE]
    features += [Feature(name, "days_since_last", place=place) for name, place in _nth_last(meta)]
    return [*features, *_ratios(meta, {feature.name: feature for feature in features})]


def aggregated_features(meta: Mapping[str, Any]) -> list[Feature]:
    """Those of the windows and the totals, of which a ratio may be made."""
    aggregations = [one for name, rule in _entries(meta, "aggregations") for one in _parse(name, rule)]
    return [*_windowed(meta, aggregations), *_totals(meta, aggregations)]


def labels_of(meta: Mapping[str, Any]) -> list[Feature]:
    """The columns of customer_labels. meta: of the model."""
    return [_label(name, rule, horizon) for name, (rule, horizon) in label_rules(meta).items()]


def label_rules(meta: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Of each label its rule and its horizon, by the name that features.yaml gives it."""
    shared = meta.get("horizon", DEFAULT_HORIZON)
    return {
        name: (own.get("rule", given), own.get("horizon", shared))
        for name, given in (mapping_of(meta.get("label")) or DEFAULT_LABELS).items()
        for own in (mapping_of(given),)
    }


def label_column(name: str, horizon: Any) -> str:
    """The column of a label."""
    return f"label_{name}_next_{horizon}d"


def label_horizon(meta: Mapping[str, Any]) -> int:
    """The longest one, in days. meta: of customer_labels."""
    days = (horizon for _, horizon in label_rules(meta).values() if isinstance(horizon, int))
    return max(days, default=DEFAULT_HORIZON)


def ratio_sides(rule: Any) -> list[str]:
    """The columns of a rule COLUMN / COLUMN."""
    return [side.strip() for side in rule.split("/")] if isinstance(rule, str) else []


def _label(name: str, rule: Any, horizon: Any) -> Feature:
    is_condition = rule == NO_PURCHASE
    parsed = Feature(name, "no_purchase") if is_condition else _aggregation(name, rule)
    return replace(parsed, name=label_column(name, horizon), days=horizon, ahead=True)


def _entries(meta: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    yield from mapping_of(meta.get(key)).items()


def _windowed(meta: Mapping[str, Any], aggregations: Sequence[Feature]) -> Iterator[Feature]:
    for days in list_of(meta.get("windows", DEFAULT_WINDOWS)):
        for aggregation in aggregations:
            yield replace(aggregation, name=f"{aggregation.name}_{days}d", days=days)


def _totals(meta: Mapping[str, Any], aggregations: Sequence[Feature]) -> Iterator[Feature]:
    for aggregation in aggregations:
        if aggregation.name in list_of(meta.get("totals")):
            yield replace(aggregation, name=f"{aggregation.name}_total")


def _nth_last(meta: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Each column with its place from the last order on."""
    endings = {2: "nd", 3: "rd"}
    for place in list_of(meta.get(NTH_LAST)):
        if isinstance(place, int):
            yield f"days_since_{place}{endings.get(place, 'th')}_last_order", place


def _ratios(meta: Mapping[str, Any], known: Mapping[str, Feature]) -> Iterator[Feature]:
    """Each with the longer window of its sides."""
    for name, rule in _entries(meta, "ratios"):
        sides = tuple(known[side] for side in ratio_sides(rule) if side in known)
        lengths = [side.days for side in sides if side.days is not None]
        days = max(lengths) if lengths and len(lengths) == len(sides) else None
        yield Feature(f"{name}_ratio", "ratio", days=days, sides=sides)


def _parse(name: str, given: Any) -> Iterator[Feature]:
    """A rule `count` or `FUNCTION of COLUMN`, or that by values: one column for each of them."""
    by = mapping_of(given)
    plain = _aggregation(name, by.get("rule") if by else given)
    if "values" not in by:
        yield plain
    for value in list_of(by.get("values")):
        suffix = re.sub("[^a-z0-9]+", "_", str(value).lower())
        yield replace(plain, name=f"{name}_{suffix}", by=by.get("by"), value=str(value))


def _aggregation(name: str, rule: Any) -> Feature:
    match = RULE.fullmatch(str(rule))
    if match is None:
        return Feature(name, str(rule).strip())
    return Feature(name, match["function"], column=match["column"], level=match["level"])
