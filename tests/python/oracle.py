"""What the tables behind stg.orders must hold, computed plainly from its orders (oracle_orders.py).

Written from the design alone, without a look at the project's SQL: no database, no pandas,
no cleverness. Slow on purpose; a list is searched from end to end rather than indexed.
Instants are aware datetimes; amounts are decimals, never floats.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any, Protocol

from oracle_orders import UTC, Order, as_known, exact_sum

DAY = timedelta(days=1)


class Dated(Protocol):
    """An order, or an event of another source."""

    @property
    def order_ts(self) -> datetime: ...
    def value(self, column: str) -> Any: ...


Rule = str | dict[str, Any]
"""`count`, `FUNCTION of COLUMN`, or {rule, by, values}; of a label also `no purchase`."""

SHIPPED_AGGREGATIONS: Mapping[str, Rule] = {
    "orders": "count",
    "revenue": "sum of amount",
    "avg_order_value": "avg of amount",
    "max_order_value": "max of amount",
}


@dataclass(frozen=True)
class Definition:
    """What configs/features.yaml says. Windows, horizon, embargo and active_within in days."""

    windows: tuple[int, ...] = (7, 30, 90)
    aggregations: Mapping[str, Rule] = field(default_factory=lambda: dict(SHIPPED_AGGREGATIONS))
    totals: tuple[str, ...] = ("orders", "revenue")
    nth_last: tuple[int, ...] = ()
    ratios: Mapping[str, str] = field(default_factory=dict)
    label: tuple[str, str] = ("revenue", "sum of amount")
    more_labels: Mapping[str, str | Mapping[str, Any]] = field(default_factory=dict)
    every: str = "month"
    start: date | None = None
    end: date | None = None
    active_within: int | None = None
    horizon: int = 30
    train: Decimal = Decimal("0.7")
    val: Decimal = Decimal("0.15")
    val_from: date | None = None
    test_from: date | None = None
    embargo: int | None = None
    by: str = "time"
    seed: int = 42

    @property
    def label_rules(self) -> dict[str, Any]:
        """By name, as features.yaml has them."""
        return {**dict([self.label]), **self.more_labels}

    @property
    def labels(self) -> dict[str, tuple[str, int]]:
        """Of each column the rule and the horizon."""
        own = {
            name: (rule, self.horizon) if isinstance(rule, str) else (rule["rule"], rule["horizon"])
            for name, rule in self.label_rules.items()
        }
        return {f"label_{name}_next_{days}d": (rule, days) for name, (rule, days) in own.items()}

    @property
    def longest_horizon(self) -> int:
        return max(days for _, days in self.labels.values())


Key = tuple[str, datetime]
"""customer_id and feature_time."""

Value = int | Decimal | bool | str | None

Features = dict[str, Value]


def customer_features(
    orders: list[Order], definition: Definition, states: list[Order] | None = None
) -> dict[Key, Features]:
    """states: where it is known since when, every state of the orders; a row sees those known before it."""
    calendar = feature_times(orders, definition, states)
    table = {}
    for customer_id, own in _by_customer([*orders, *(states or [])]).items():
        times = calendar
        if definition.every == "order":  # those of the final states
            times = _within_span(
                {order.order_ts for order in orders if order.customer_id == customer_id}, orders
            )
        ids = {order.order_id for order in own}
        of_these = [state for state in states or [] if state.order_id in ids]
        for t in _within_bounds(times, definition):
            purchases = _purchases_of(customer_id, own if states is None else as_known(of_these, t))
            if _appears(purchases, t, definition):
                table[customer_id, t] = _features_at(purchases, t, definition)
    return table


def _purchases_of(customer_id: str, orders: list[Order]) -> list[Order]:
    return [order for order in orders if order.customer_id == customer_id and order.is_purchase]


def features_at(orders: list[Order], keys: Iterable[Key], definition: Definition) -> list[Features]:
    """One row a key, whoever the customer and whenever the instant; active_within leaves none out."""
    customers = _by_customer(orders)
    return [
        _features_at([order for order in customers.get(customer_id, []) if order.is_purchase], t, definition)
        for customer_id, t in keys
    ]


def customer_labels(
    orders: list[Order], rows: Iterable[Key], definition: Definition
) -> dict[Key, tuple[Value, ...]]:
    """Of each feature row its labels, of purchases in [t, t + horizon); null if that outlasts the data."""
    data_end = end_of_data(orders)
    customers = _by_customer(orders)

    def label(customer_id: str, t: datetime, rule: str, horizon: timedelta) -> Value:
        ahead = [
            order
            for order in customers[customer_id]
            if order.is_purchase and t <= order.order_ts < t + horizon
        ]
        return aggregate(rule, ahead) if t + horizon <= data_end else None

    return {
        key: tuple(label(*key, rule, days * DAY) for rule, days in definition.labels.values()) for key in rows
    }


def end_of_data(orders: list[Order]) -> datetime:
    return max(trusted_times(orders), default=datetime.min.replace(tzinfo=UTC))


def labelled(orders: list[Order], rows: Iterable[Key], definition: Definition) -> list[Key]:
    """The rows whose longest horizon lies in the data; the mean of nothing is null there, and yet known."""
    data_end = end_of_data(orders)
    return [key for key in rows if key[1] + definition.longest_horizon * DAY <= data_end]


def dataset_splits(labelled: Iterable[Key], definition: Definition) -> dict[Key, str]:
    """The split of each row that belongs to one; rows without a known label never do."""
    rows = list(labelled)
    times = sorted({t for _, t in rows})
    val_start, test_start = _split_starts(times, definition)
    embargo = (definition.longest_horizon if definition.embargo is None else definition.embargo) * DAY

    def by_time(t: datetime) -> str | None:
        if test_start is not None and t >= test_start:
            return "test"
        part, next_start = "train", val_start
        if val_start is not None and t >= val_start:
            part, next_start = "val", test_start
        return part if next_start is None or t + embargo <= next_start else None

    def split_of(customer_id: str, t: datetime) -> str | None:
        if definition.by == "time":
            return by_time(t)
        group = customer_split(customer_id, definition)
        return group if definition.by == "customer" or by_time(t) == group else None

    splits = {key: split_of(*key) for key in rows}
    return {key: split for key, split in splits.items() if split is not None}


def customer_split(customer_id: str, definition: Definition) -> str:
    """By 32 bits of a seeded hash of the customer, as a share of all that there can be."""
    digest = hashlib.md5(f"{definition.seed}|{customer_id}".encode()).hexdigest()
    share = Fraction(int(digest[:8], 16), 2**32)
    if share < Fraction(definition.train):
        return "train"
    return "val" if share < Fraction(definition.train + definition.val) else "test"


PLACEHOLDERS = ("0001-01-01", "1601-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01",
                "1904-01-01", "1970-01-01", "2099-12-31", "9999-12-31")  # fmt: skip


def trusted_times(orders: list[Order]) -> list[datetime]:
    """The times that the calendar and the end of the data go by: no date that stands for none, nothing apart.

    Apart is a group of at most ten orders, or of one instant, more than 60 days from all others.
    Small groups together, and each of one instant, are fewer than a tenth of the orders.
    """
    times = sorted(order.order_ts for order in orders)
    groups: list[list[datetime]] = []
    for moment in times:
        if not groups or moment - groups[-1][-1] > 60 * DAY:
            groups.append([])
        groups[-1].append(moment)
    few = [moment for group in groups if len(group) <= 10 for moment in group]
    left_out = set(few) if 10 * len(few) < len(times) else set()
    at_once = [group for group in groups if len(group) > 10 and group[0] == group[-1]]
    left_out |= {group[0] for group in at_once if 10 * len(group) < len(times)}
    left_out |= {_midnight(date.fromisoformat(day)) for day in PLACEHOLDERS}
    return [moment for moment in times if moment not in left_out]


def _within_span(times: set[datetime], orders: list[Order]) -> set[datetime]:
    trusted = trusted_times(orders)
    return {moment for moment in times if trusted and trusted[0] <= moment <= trusted[-1]}


def feature_times(
    orders: list[Order], definition: Definition, states: list[Order] | None = None
) -> list[datetime]:
    """Midnights UTC, from the first after the first order is known to the first after the last order."""
    trusted = trusted_times(orders)
    if not trusted or definition.every == "order":
        return []
    known = [max(state.available_at or state.order_ts, state.order_ts) for state in states or orders]
    first = min(moment for moment in known if moment >= trusted[0])
    last = trusted[-1]
    day = first.date()
    boundaries: list[datetime] = []
    while not boundaries or boundaries[-1] <= last:
        if _is_boundary(day, definition.every) and _midnight(day) > first:
            boundaries.append(_midnight(day))
        day += DAY
    return boundaries


def _is_boundary(day: date, every: str) -> bool:
    return {"day": True, "week": day.weekday() == 0, "month": day.day == 1}[every]


def _within_bounds(times: Iterable[datetime], definition: Definition) -> list[datetime]:
    return [
        t
        for t in times
        if (definition.start is None or t >= _midnight(definition.start))
        and (definition.end is None or t <= _midnight(definition.end))
    ]


def _appears(purchases: list[Order], t: datetime, definition: Definition) -> bool:
    """After the first purchase, and while there is one within `active_within` days before t."""
    within = definition.active_within
    return any(
        order.order_ts < t and (within is None or order.order_ts >= t - within * DAY) for order in purchases
    )


def _features_at(purchases: list[Order], t: datetime, definition: Definition) -> Features:
    past = [order for order in purchases if order.order_ts < t]
    row: Features = {}
    for days in definition.windows:
        recent = [order for order in past if order.order_ts >= t - days * DAY]
        for name, rule in definition.aggregations.items():
            row.update(aggregated_columns(name, rule, recent, f"_{days}d"))
    for name in definition.totals:
        row.update(aggregated_columns(name, definition.aggregations[name], past, "_total"))
    row["days_since_last_order"] = (t - max(order.order_ts for order in past)) // DAY if past else None
    row["days_since_first_order"] = (t - min(order.order_ts for order in past)) // DAY if past else None
    return row | nth_last(t, [order.order_ts for order in past], definition) | ratios(row, definition)


def nth_last(t: datetime, ordered: list[datetime], definition: Definition) -> Features:
    ordinals = {2: "2nd", 3: "3rd", 4: "4th"}
    newest = sorted(ordered, reverse=True)
    return {
        f"days_since_{ordinals[n]}_last_order": (t - newest[n - 1]) // DAY if n <= len(newest) else None
        for n in definition.nth_last
    }


def ratios(row: Features, definition: Definition) -> Features:
    """Of columns of the row, rounded to 6 decimals, a half away from zero; null where one is, or by 0."""
    found: Features = {}
    for name, rule in definition.ratios.items():
        above, below = (row[side] for side in rule.split(" / "))
        assert not isinstance(above, str), name
        assert not isinstance(below, str), name
        exact = Fraction(above) / Fraction(below) if above is not None and below else None
        found[f"{name}_ratio"] = None if exact is None else rounded(exact)
    return found


def rounded(exact: Fraction) -> Decimal:
    millionths, rest = divmod(abs(exact) * 10**6, 1)
    whole = millionths + (1 if rest >= Fraction(1, 2) else 0)
    with localcontext() as context:
        context.prec = 60
        return Decimal(whole if exact >= 0 else -whole).scaleb(-6)


def aggregated_columns(
    name: str, rule: Rule, orders: Sequence[Dated], ending: str
) -> Iterator[tuple[str, Value]]:
    if isinstance(rule, str):
        yield name + ending, aggregate(rule, orders)
        return
    for value in rule["values"]:
        suffix = re.sub(r"[^a-z0-9]+", "_", value.lower())
        of_value = [order for order in orders if order.value(rule["by"]) == value]
        yield f"{name}_{suffix}{ending}", aggregate(rule["rule"], of_value)


def aggregate(rule: str, orders: Sequence[Dated]) -> Value:
    """What a rule makes of these orders; those without a value in its column do not count."""
    if rule == "no purchase":
        return not orders
    if rule == "count":
        return len(orders)
    function, column = rule.split(" of ")
    if function in OF_TEXTS:
        return text_of_purchases(function, [(order.order_ts, order.value(column)) for order in orders])
    values = [order.value(column) for order in orders]
    return of_numbers(function, [value for value in values if value is not None])


def of_numbers(function: str, values: list[Any]) -> Value:
    if function.startswith("quantile"):
        return quantile(values, Fraction(function.removeprefix("quantile")))
    return FUNCTIONS[function](values)


def _split_starts(times: list[datetime], definition: Definition) -> tuple[datetime | None, datetime | None]:
    """Where val and test start; None where they never do."""
    if definition.val_from is not None and definition.test_from is not None:
        return _midnight(definition.val_from), _midnight(definition.test_from)
    shares = (definition.train, definition.train + definition.val)
    positions = [int(len(times) * share) for share in shares]
    val_start, test_start = (times[n] if n < len(times) else None for n in positions)
    return val_start, test_start


def _by_customer(orders: list[Order]) -> dict[str, list[Order]]:
    customers: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        customers[order.customer_id].append(order)
    return customers


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def average(amounts: list[Decimal]) -> Decimal | None:
    """Rounded to 6 decimals, a half away from zero; in whole millionths, so exact until then."""
    if not amounts:
        return None
    with localcontext() as context:
        context.prec = 60
        total = exact_sum(amounts).scaleb(6)
        assert total == int(total), "an amount has at most 6 decimals"
        rounded = (2 * abs(int(total)) + len(amounts)) // (2 * len(amounts))
        return Decimal(rounded if total >= 0 else -rounded).scaleb(-6)


def deviation(numbers: list[Decimal]) -> Decimal | None:
    """The sample standard deviation, rounded to 6 decimals, a half up; null below two numbers."""
    n = len(numbers)
    if n < 2:
        return None
    values = [Fraction(number) for number in numbers]
    mean = sum(values) / n
    variance = sum((value - mean) ** 2 for value in values) / (n - 1)
    with localcontext() as context:
        context.prec = 150
        exact = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
        return exact.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def quantile(numbers: list[Decimal], level: Fraction) -> Decimal | None:
    """The number at (n - 1) * level in order, from 0; between two of them in proportion to the distance."""
    if not numbers:
        return None
    ordered = sorted(Fraction(number) for number in numbers)
    position = (len(ordered) - 1) * level
    left = ordered[math.floor(position)]
    right = ordered[math.ceil(position)]
    return rounded(left * (1 - position % 1) + right * (position % 1))


OF_TEXTS = ("latest", "first", "mode")


def text_of_purchases(function: str, bought: Iterable[tuple[datetime, str | None]]) -> str | None:
    """The newest or oldest text, or the most frequent one.

    Where texts are as frequent the one bought last counts; of several at one instant the smallest. A long
    text is its beginning and its hash.
    """
    texts = [(when, shortened(text)) for when, text in bought if text is not None]
    if not texts:
        return None
    when_bought = defaultdict(list)
    for when, text in texts:
        when_bought[text].append(when)
    if function == "mode":
        most = max(len(times) for times in when_bought.values())
        when_bought = {text: times for text, times in when_bought.items() if len(times) == most}
    if function == "first":
        oldest = min(min(times) for times in when_bought.values())
        return min(text for text, times in when_bought.items() if oldest in times)
    newest = max(max(times) for times in when_bought.values())
    return min(text for text, times in when_bought.items() if newest in times)


def shortened(text: str) -> str:
    return text if len(text.encode()) <= 128 else text[:20] + hashlib.md5(text.encode()).hexdigest()


FUNCTIONS: dict[str, Callable[[list[Any]], Value]] = {
    "sum": exact_sum,
    "avg": average,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "median": lambda values: quantile(values, Fraction(1, 2)),
    "stddev": deviation,
    "count_distinct": lambda values: len(set(values)),
}
