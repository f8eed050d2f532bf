"""What the tables must hold where each CSV record is a line of an order, computed plainly from the files.

Written from docs/order-lines.md, without a look at the project's SQL: no database, no pandas, no cleverness.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from oracle import (
    DAY,
    OF_TEXTS,
    Definition,
    Features,
    Key,
    Rule,
    Value,
    end_of_data,
    feature_times,
    nth_last,
    of_numbers,
    ratios,
    text_of_purchases,
)
from oracle_orders import PURCHASE_STATUSES, Order, exact_sum, parse_amount, parse_iso, parse_text

TEXTS_OF_ORDERS = ("channel", "status", "currency")
GAINED = "coupon"  # a column that only some files have: no line is told by it


@dataclass(frozen=True)
class Line:
    """One CSV record. place: its load and its line there, by which lines of one instant are in order."""

    order_id: str
    line_id: str
    customer_id: str
    order_ts: datetime
    amount: Decimal
    status: str
    channel: str | None
    category: str | None
    quantity: Decimal | None
    place: tuple[int, int]
    content: tuple[str, ...]
    is_purchase: bool = False
    line_count: int = 1

    def value(self, column: str) -> Any:
        return getattr(self, column)

    @property
    def sort_key(self) -> tuple[datetime, tuple[int, int]]:
        return self.order_ts, self.place


@dataclass(frozen=True)
class OrderOfLines(Order):
    """A row of stg.orders; bought: whether it is a purchase."""

    bought: bool = False
    line_count: int = 0

    @property
    def is_purchase(self) -> bool:
        return self.bought


def read_lines(folder: Path) -> list[list[Line]]:
    """The lines of each file, in the order of their names; of an order with a line at fault none anywhere."""
    loads = [list(_records(path, number)) for number, path in enumerate(sorted(folder.glob("*.csv")))]
    faulty = {order_id for load in loads for order_id, line in load if line is None}
    return [[line for order_id, line in load if line and order_id not in faulty] for load in loads]


def _records(path: Path, load: int) -> Iterator[tuple[str, Line | None]]:
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            when, amount = parse_iso(row["order_ts"]), parse_amount(row["amount"])
            if not row["order_id"]:
                continue
            if not row["customer_id"] or when is None or amount is None:
                yield row["order_id"], None
                continue
            yield (
                row["order_id"],
                Line(
                    row["order_id"],
                    row["line"],
                    row["customer_id"],
                    when,
                    amount,
                    row["status"],
                    parse_text(row["channel"]),
                    parse_text(row["category"]),
                    parse_amount(row["qty"]),
                    (load, number),
                    tuple(text for name, text in row.items() if name != GAINED),
                ),
            )


def standing_lines(loads: list[list[Line]], identity: str, *, status_of_line: bool) -> list[Line]:
    """Each line once; with the order's customer, and whether it is a purchase.

    identity: line_id, sum (contents, also where they decide by themselves) or latest.
    """
    standing = {"line_id": _by_line_id, "sum": _by_content, "latest": _of_latest}[identity](loads)
    orders = _by_order(standing)
    return [_judged(line, orders[line.order_id][0], status_of_line) for line in standing]


def _by_line_id(loads: list[list[Line]]) -> list[Line]:
    known = {(line.order_id, line.line_id): line for load in loads for line in load}
    return list(known.values())


def _of_latest(loads: list[list[Line]]) -> list[Line]:
    latest = {line.order_id: number for number, load in enumerate(loads) for line in load}
    return [line for number, load in enumerate(loads) for line in load if latest[line.order_id] == number]


def _by_content(loads: list[list[Line]]) -> list[Line]:
    counts = [Counter((line.order_id, line.content) for line in load) for load in loads]
    found = []
    for key in set().union(*counts):
        most = max(count[key] for count in counts)
        load = max(number for number, count in enumerate(counts) if count[key] == most)
        found += [line for line in loads[load] if (line.order_id, line.content) == key]
    return found


def undecided(loads: list[list[Line]]) -> set[str]:
    """Orders of which no load has all the lines that the loads have."""
    counts = [Counter((line.order_id, line.content) for line in load) for load in loads]
    needed: Counter[str] = Counter()
    for order_id, content in set().union(*counts):
        needed[order_id] += max(count[order_id, content] for count in counts)
    held = [Counter(line.order_id for line in load) for load in loads]
    return {order_id for order_id, n in needed.items() if all(one[order_id] < n for one in held)}


def _judged(line: Line, first: Line, status_of_line: bool) -> Line:
    status = line.status if status_of_line else first.status
    values = {**vars(line), "customer_id": first.customer_id, "status": status}
    return Line(**{**values, "is_purchase": status in PURCHASE_STATUSES})


def _by_order(lines: Iterable[Line]) -> dict[str, list[Line]]:
    orders = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.sort_key):
        orders[line.order_id].append(line)
    return orders


def orders_of(lines: list[Line]) -> list[OrderOfLines]:
    """stg.orders: the first line's texts, and the sums of the lines that are purchases, or of all."""
    found = []
    for order_id, own in _by_order(lines).items():
        counted = [line for line in own if line.is_purchase] or own
        quantities = [line.quantity for line in counted if line.quantity is not None]
        first = own[0]
        found.append(
            OrderOfLines(
                order_id,
                first.customer_id,
                first.order_ts,
                exact_sum(line.amount for line in counted),
                first.status,
                channel=first.channel,
                extras={
                    "category": first.category,
                    "quantity": exact_sum(quantities) if quantities else None,
                },
                bought=any(line.is_purchase for line in own),
                line_count=len(own),
            )
        )
    return found


def features_of(lines: list[Line], orders: list[OrderOfLines], definition: Definition) -> dict[Key, Features]:
    table = {}
    calendar = feature_times(list(orders), definition)
    for customer_id in {order.customer_id for order in orders}:
        bought = [line for line in lines if line.customer_id == customer_id and line.is_purchase]
        times: Iterable[datetime] = calendar
        if definition.every == "order":
            times = {order.order_ts for order in orders if order.customer_id == customer_id}
        for t in times:
            past = [line for line in bought if line.order_ts < t]
            openings = [own[0].order_ts for own in _by_order(past).values()]
            within = definition.active_within
            if openings and (within is None or max(openings) >= t - within * DAY):
                table[customer_id, t] = _features_at(past, t, openings, definition)
    return table


def _features_at(past: list[Line], t: datetime, openings: list[datetime], definition: Definition) -> Features:
    row: Features = {}
    for days in definition.windows:
        for name, rule in definition.aggregations.items():
            row.update(_columns(name, rule, past, t - days * DAY, f"_{days}d"))
    for name in definition.totals:
        row.update(_columns(name, definition.aggregations[name], past, None, "_total"))
    row["days_since_last_order"] = (t - max(openings)) // DAY
    row["days_since_first_order"] = (t - min(openings)) // DAY
    return row | nth_last(t, openings, definition) | ratios(row, definition)


def labels_of(
    lines: list[Line], orders: list[OrderOfLines], rows: Iterable[Key], definition: Definition
) -> dict[Key, tuple[Value, ...]]:
    data_end = end_of_data(list(orders))

    def label(customer_id: str, t: datetime, rule: str, horizon: timedelta) -> Value:
        bought = [line for line in lines if line.customer_id == customer_id and line.is_purchase]
        so_far = [line for line in bought if line.order_ts < t + horizon]
        return _aggregate(rule, so_far, t, None, None) if t + horizon <= data_end else None

    return {
        key: tuple(label(*key, rule, days * DAY) for rule, days in definition.labels.values()) for key in rows
    }


def _columns(
    name: str, rule: Rule, past: list[Line], since: datetime | None, ending: str
) -> Iterator[tuple[str, Value]]:
    if isinstance(rule, str):
        yield name + ending, _aggregate(rule, past, since, None, None)
        return
    for value in rule["values"]:
        suffix = re.sub(r"[^a-z0-9]+", "_", value.lower())
        yield f"{name}_{suffix}{ending}", _aggregate(rule["rule"], past, since, rule["by"], value)


def _aggregate(rule: str, past: list[Line], since: datetime | None, by: str | None, value: Any) -> Value:
    """past: all lines that are purchases up to the window's end; since: where it begins."""
    units = _units(past, lines=_of_lines(rule, by))
    recent = [
        unit
        for unit in units
        if (since is None or unit[0].order_ts >= since) and (by is None or unit[0].value(by) == value)
    ]
    if rule == "count":
        return len(recent)
    if rule == "no purchase":
        return not recent
    function, column = rule.split(" of ")
    if function in OF_TEXTS:
        return text_of_purchases(function, [(unit[0].order_ts, unit[0].value(column)) for unit in recent])
    values = [_together([line.value(column) for line in unit]) for unit in recent]
    return of_numbers(function, [one for one in values if one is not None])


def _of_lines(rule: str, by: str | None) -> bool:
    """Sums and different values look at lines, as does whatever goes by or picks a line's own text."""
    function, _, column = rule.partition(" of ")
    if function in ("sum", "count_distinct") or (function in OF_TEXTS and column not in TEXTS_OF_ORDERS):
        return True
    return by is not None and by not in TEXTS_OF_ORDERS


def _units(past: list[Line], *, lines: bool) -> list[list[Line]]:
    """Each line alone; or each order's lines up to the window's end, the first one first."""
    return [[line] for line in past] if lines else list(_by_order(past).values())


def _together(values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    return exact_sum(known) if len(known) > 1 else known[0] if known else None
