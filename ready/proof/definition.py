"""What a recorded definition makes of columns: one Feature for each, in the tables' order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

DAY = timedelta(days=1)
OF_TEXTS = ("latest", "first", "mode")
OF_ORDERS = ("order_id", "customer_id", "order_ts", "currency", "status", "channel")


def describes_order(name: str, mapped: Mapping[str, Any]) -> bool:
    """Whether a column's value is its order's and not its line's, by orders.yaml."""
    of = _of(name, mapped)
    return of == "order" or (of != "line" and name in OF_ORDERS)


def is_of_order(name: str, mapped: Mapping[str, Any]) -> bool:
    """Whether orders.yaml says so of a column."""
    return _of(name, mapped) == "order"


def _of(name: str, mapped: Mapping[str, Any]) -> str | None:
    entry = mapped.get(name)
    return entry.get("of") if isinstance(entry, Mapping) else None


@dataclass(frozen=True)
class Feature:
    """One column of customer_features, or a label.

    function: count, sum, avg, min, max, median, quantile, stddev, count_distinct, latest, first, mode,
    no_purchase (label), days_since_last, days_since_first, ratio. column: of stg.orders, None where the
    function reads none. by, value: only orders whose column `by` is `value`. days: the window's length, None
    for the whole past. ahead: the window begins at feature_time (label) instead of ending there. sides:
    numerator and denominator of a ratio. place: of days_since_last, which order from the last one (1) on.
    level: of a quantile.
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

    def looks_at_lines(self, mapped: Mapping[str, Any]) -> bool:
        """Whether each line counts and not each order, at grain order_line.

        mapped: the columns of orders.yaml. As macros/features/of_lines.sql has it.
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
    features = [*_windowed(config["features"]), *_totals(config["features"])]
    features += [Feature(f"days_since_{end}_order", f"days_since_{end}") for end in ("last", "first")]
    features += [
        Feature(name, "days_since_last", place=place)
        for name, place in nth_last_orders(config["features"]).items()
    ]
    features += _ratios(config["features"], {feature.name: feature for feature in features})
    return {feature.name: feature for feature in [*features, *labels_of(config["label"])]}


def nth_last_orders(meta: Mapping[str, Any]) -> dict[str, int]:
    """The columns of days_since_nth_last_order, each with its place from the last order on."""
    endings = {2: "nd", 3: "rd"}
    places = meta.get("days_since_nth_last_order", [])
    return {f"days_since_{place}{endings.get(place, 'th')}_last_order": place for place in places}


def _windowed(meta: Mapping[str, Any]) -> Iterator[Feature]:
    for days in meta.get("windows", [30]):
        for aggregation in _aggregations(meta):
            yield replace(aggregation, name=f"{aggregation.name}_{days}d", days=days)


def _totals(meta: Mapping[str, Any]) -> Iterator[Feature]:
    for aggregation in _aggregations(meta):
        if aggregation.name in meta.get("totals", []):
            yield replace(aggregation, name=f"{aggregation.name}_total")


def _ratios(meta: Mapping[str, Any], known: Mapping[str, Feature]) -> Iterator[Feature]:
    """Each with the longer window of its sides."""
    for name, rule in meta.get("ratios", {}).items():
        sides = tuple(known[side.strip()] for side in rule.split("/"))
        lengths = [side.days for side in sides if side.days is not None]
        days = max(lengths) if len(lengths) == len(sides) else None
        yield Feature(f"{name}_ratio", "ratio", days=days, sides=sides)


def _aggregations(meta: Mapping[str, Any]) -> Iterator[Feature]:
    for name, rule in meta.get("aggregations", {}).items():
        yield from _parse(name, rule)


def label_horizon(meta: Mapping[str, Any]) -> int:
    """The longest one, in days. meta: of customer_labels."""
    return max(label.days or 0 for label in labels_of(meta))


def labels_of(meta: Mapping[str, Any]) -> Iterator[Feature]:
    """As macros/features/label_definition.sql has them. meta: of customer_labels."""
    for name, given in meta.get("label", {"revenue": "sum of amount"}).items():
        own: Mapping[str, Any] = given if isinstance(given, Mapping) else {"rule": given}
        horizon = own.get("horizon", meta.get("horizon", 30))
        is_condition = own["rule"] == "no purchase"
        parsed = Feature(name, "no_purchase") if is_condition else next(_parse(name, own["rule"]))
        yield replace(parsed, name=f"label_{name}_next_{horizon}d", days=horizon, ahead=True)


def _parse(name: str, rule: str | Mapping[str, Any]) -> Iterator[Feature]:
    """As macros/features/feature_definition.sql reads it: count, FUNCTION of COLUMN, or that by values."""
    by: Mapping[str, Any] = {"rule": rule} if isinstance(rule, str) else rule
    function, *rest = by["rule"].split()
    level = rest[0] if function == "quantile" else None
    plain = Feature(name, function, column=rest[-1] if rest else None, level=level)
    if "values" not in by:
        yield plain
    for value in by.get("values", []):
        suffix = re.sub("[^a-z0-9]+", "_", str(value).lower())
        yield replace(plain, name=f"{name}_{suffix}", by=by["by"], value=str(value))
