"""What the tables must hold, computed plainly from the CSV files.

Written from the design alone, without a look at the project's SQL: no database, no pandas,
no cleverness. Slow on purpose; a list is searched from end to end rather than indexed.
Instants are aware datetimes; amounts are decimals, never floats.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, localcontext
from pathlib import Path

UTC = timezone.utc
DAY = timedelta(days=1)
NULL_WORDS = {"", "NULL", "\\N", "NA"}
PURCHASE_STATUSES = {"completed", "shipped"}


# ---------------------------------------------------------------- from files to orders


@dataclass(frozen=True)
class Order:
    """One row of stg.orders, as far as features look at it."""

    order_id: str
    customer_id: str
    order_ts: datetime
    amount: Decimal
    status: str | None = None
    file_name: str = ""
    line_number: int = 0

    @property
    def is_purchase(self) -> bool:
        return self.status is None or self.status in PURCHASE_STATUSES


@dataclass(frozen=True)
class RawOrder:
    """The canonical texts of one CSV record."""

    order_id: str
    customer_id: str
    order_ts: str
    amount: str
    status: str = ""


Row = dict[str, str]
"""One CSV record: column name to text."""


@dataclass(frozen=True)
class Source:
    """How a folder of CSV files is read.

    canonical: from a record, its file's name and its line to the canonical texts.
    parse_time: from the trimmed text to an instant, or None.
    lines: whether a record is one line of an order rather than an order.
    """

    canonical: Callable[[Row, str, int], RawOrder]
    parse_time: Callable[[str], datetime | None]
    lines: bool = False
    pattern: str = "*.csv"


def read_orders(folder: Path, source: Source) -> list[Order]:
    """The rows of stg.orders: files in the order of their names are the loads."""
    loads = [list(_valid_records(path, source)) for path in sorted(folder.glob(source.pattern))]
    return stage(loads, lines=source.lines)


def stage(loads: Iterable[list[Order]], *, lines: bool = False) -> list[Order]:
    """One order per id: the latest load that has it wins; in it the last record, or the sum of its lines."""
    winners: dict[str, list[Order]] = {}
    for load in loads:
        delivered: dict[str, list[Order]] = defaultdict(list)
        for record in load:
            delivered[record.order_id].append(record)
        winners.update(delivered)
    return [_sum_lines(records) if lines else records[-1] for records in winners.values()]


def _sum_lines(records: list[Order]) -> Order:
    last = records[-1]
    return Order(
        order_id=last.order_id,
        customer_id=last.customer_id,
        order_ts=min(record.order_ts for record in records),
        amount=exact_sum(record.amount for record in records),
        status=last.status,
        file_name=last.file_name,
        line_number=last.line_number,
    )


def _valid_records(path: Path, source: Source) -> Iterable[Order]:
    """The records with an id, a customer, a time and an amount; all others are rejected."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        line_number = 2
        for record in reader:
            raw = source.canonical(record, path.name, line_number)
            order_id, customer_id = raw.order_id.strip(), raw.customer_id.strip()
            order_ts, amount = source.parse_time(raw.order_ts.strip()), parse_amount(raw.amount)
            if not {order_id, customer_id} & NULL_WORDS and order_ts and amount is not None:
                yield Order(
                    order_id, customer_id, order_ts, amount, parse_status(raw.status), path.name, line_number
                )
            line_number = reader.line_num + 1


def parse_amount(text: str) -> Decimal | None:
    """Plain decimals: at most 18 digits before the point and 6 after."""
    text = text.strip()
    return Decimal(text) if re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,6})?", text) else None


def parse_status(text: str) -> str | None:
    """Lower case, without hyphens and spaces."""
    return None if text.strip() in NULL_WORDS else re.sub(r"[-\s]", "", text.lower())


def parse_iso(text: str) -> datetime | None:
    """ISO 8601 date or date and time; without an offset it is UTC."""
    match = re.fullmatch(
        r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?"
        r" ?(?:(Z)|([+-])(\d\d):?(\d\d)?)?)?",
        text,
    )
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        local = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    return local.replace(tzinfo=UTC, microsecond=int((fraction or "0").ljust(6, "0"))) - offset


def parse_yyyymmdd(text: str) -> datetime | None:
    """A date without separators: its midnight UTC."""
    return parse_iso(f"{text[:4]}-{text[4:6]}-{text[6:]}") if re.fullmatch(r"\d{8}", text) else None


# ---------------------------------------------------------------- from orders to features


@dataclass(frozen=True)
class Definition:
    """What configs/features.yaml says. Windows, horizon, embargo and active_within in days."""

    windows: tuple[int, ...] = (7, 30, 90)
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

    @property
    def label_column(self) -> str:
        return f"label_revenue_next_{self.horizon}d"


Key = tuple[str, datetime]
"""customer_id and feature_time."""

Features = dict[str, int | Decimal | None]


def customer_features(orders: list[Order], definition: Definition) -> dict[Key, Features]:
    calendar = feature_times(orders, definition)
    table = {}
    for customer_id, own in _by_customer(orders).items():
        purchases = [order for order in own if order.is_purchase]
        times = {order.order_ts for order in own} if definition.every == "order" else calendar
        for t in _within_bounds(times, definition):
            if _appears(purchases, t, definition):
                table[customer_id, t] = _features_at(purchases, t, definition)
    return table


def features_at(orders: list[Order], keys: Iterable[Key], definition: Definition) -> list[Features]:
    """One row a key, whoever the customer and whenever the instant; active_within leaves none out."""
    customers = _by_customer(orders)
    return [
        _features_at([order for order in customers.get(customer_id, []) if order.is_purchase], t, definition)
        for customer_id, t in keys
    ]


def customer_labels(
    orders: list[Order], rows: Iterable[Key], definition: Definition
) -> dict[Key, Decimal | None]:
    """Of each feature row: the sum of the purchases in [t, t + horizon), null if that outlasts the data."""
    horizon = definition.horizon * DAY
    data_end = max(order.order_ts for order in orders) if orders else datetime.min.replace(tzinfo=UTC)
    customers = _by_customer(orders)

    def label(customer_id: str, t: datetime) -> Decimal | None:
        if t + horizon > data_end:
            return None
        purchases = [order for order in customers[customer_id] if order.is_purchase]
        return exact_sum(order.amount for order in purchases if t <= order.order_ts < t + horizon)

    return {key: label(*key) for key in rows}


def dataset_splits(labels: dict[Key, Decimal | None], definition: Definition) -> dict[Key, str]:
    """The split of each row that belongs to one."""
    times = sorted({t for (_, t), label in labels.items() if label is not None})
    val_start, test_start = _split_starts(times, definition)
    embargo = (definition.horizon if definition.embargo is None else definition.embargo) * DAY

    def split_of(t: datetime) -> str | None:
        if test_start is not None and t >= test_start:
            return "test"
        part, next_start = "train", val_start
        if val_start is not None and t >= val_start:
            part, next_start = "val", test_start
        return part if next_start is None or t + embargo <= next_start else None

    rows = {key: split_of(key[1]) for key, label in labels.items() if label is not None}
    return {key: split for key, split in rows.items() if split is not None}


def feature_times(orders: list[Order], definition: Definition) -> list[datetime]:
    """Midnights UTC, from the first after the first order to the first after the last order."""
    if not orders or definition.every == "order":
        return []
    first = min(order.order_ts for order in orders)
    last = max(order.order_ts for order in orders)
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
        amounts = [order.amount for order in past if order.order_ts >= t - days * DAY]
        row[f"orders_{days}d"] = len(amounts)
        row[f"revenue_{days}d"] = exact_sum(amounts)
        row[f"avg_order_value_{days}d"] = average(amounts)
        row[f"max_order_value_{days}d"] = max(amounts, default=None)
    row["orders_total"] = len(past)
    row["revenue_total"] = exact_sum(order.amount for order in past)
    row["days_since_last_order"] = (t - max(order.order_ts for order in past)) // DAY if past else None
    row["days_since_first_order"] = (t - min(order.order_ts for order in past)) // DAY if past else None
    return row


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


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return sum(amounts, Decimal(0))


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
