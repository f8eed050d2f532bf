"""What stg.orders must hold, computed plainly from the CSV files.

Written from the design alone, without a look at the project's SQL: no database, no pandas.
Instants are aware datetimes; amounts are decimals, never floats.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

UTC = timezone.utc
NULL_WORDS = {"", "NULL", "\\N", "NA"}
PURCHASE_STATUSES = {"completed", "shipped"}


@dataclass(frozen=True)
class Order:
    """One row of stg.orders, as far as features look at it, or one state of it.

    extras: the columns with names of their own. available_at: since when this state was known.
    has_status: whether the files say one at all; without that every order counts.
    """

    order_id: str
    customer_id: str
    order_ts: datetime
    amount: Decimal
    status: str | None = None
    file_name: str = ""
    line_number: int = 0
    channel: str | None = None
    extras: Mapping[str, str | Decimal | None] = field(default_factory=dict)
    available_at: datetime | None = None
    has_status: bool = False

    @property
    def is_purchase(self) -> bool:
        return self.status in PURCHASE_STATUSES if self.has_status else True

    def value(self, column: str) -> Any:
        return self.extras[column] if column in self.extras else getattr(self, column)


@dataclass(frozen=True)
class RawOrder:
    """The canonical texts of one CSV record. status, available_at: None where the files do not say it."""

    order_id: str
    customer_id: str
    order_ts: str
    amount: str
    status: str | None = None
    channel: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)
    available_at: str | None = None


Row = dict[str, str]
"""One CSV record: column name to text."""


@dataclass(frozen=True)
class Source:
    """How a folder of CSV files is read.

    canonical: from a record, its file's name and its line to the canonical texts.
    parse_time: from the trimmed text to an instant, or None.
    lines: whether a record is one line of an order rather than an order.
    numbers: the extra columns that are decimals; the others are texts.
    """

    canonical: Callable[[Row, str, int], RawOrder]
    parse_time: Callable[[str], datetime | None]
    lines: bool = False
    pattern: str = "*.csv"
    numbers: frozenset[str] = frozenset()


def read_orders(folder: Path, source: Source) -> list[Order]:
    """The rows of stg.orders: files in the order of their names are the loads."""
    states = read_states(folder, source)
    return as_known(states) if _tracked(states) else states


def read_states(folder: Path, source: Source) -> list[Order]:
    """Where the files say when a state was known, every state of every order; else read_orders."""
    loads = [list(_valid_records(path, source)) for path in sorted(folder.glob(source.pattern))]
    if not any(map(_tracked, loads)):
        return stage(loads, lines=source.lines)
    return [order for load in loads for order in stage_states(load, lines=source.lines)]


def _tracked(orders: list[Order]) -> bool:
    return any(order.available_at is not None for order in orders)


def stage_states(load: list[Order], *, lines: bool) -> list[Order]:
    """The states that one load delivers; lines of an order are one state."""
    return stage([load], lines=True) if lines else load


def as_known(states: list[Order], before: datetime | None = None) -> list[Order]:
    """Each order in the state known last, strictly before an instant; of two at once the later one."""
    known: dict[str, Order] = {}
    for state in states:
        assert state.available_at is not None
        if before is not None and state.available_at >= before:
            continue
        held = known.get(state.order_id)
        if held is None or held.available_at is None or held.available_at <= state.available_at:
            known[state.order_id] = state
    return list(known.values())


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
    """The first line stands for the order, but numbers are summed and the earliest time counts."""
    first = records[0]
    return replace(
        first,
        order_ts=min(record.order_ts for record in records),
        available_at=max((r.available_at for r in records if r.available_at is not None), default=None),
        amount=exact_sum(record.amount for record in records),
        extras={name: _of_lines([record.extras[name] for record in records]) for name in first.extras},
    )


def _of_lines(values: list[str | Decimal | None]) -> str | Decimal | None:
    numbers = [value for value in values if isinstance(value, Decimal)]
    return exact_sum(numbers) if numbers else values[0]


def _valid_records(path: Path, source: Source) -> Iterable[Order]:
    """The records with an id, a customer, a time and an amount; all others are rejected."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        line_number = 2
        for record in reader:
            raw = source.canonical(record, path.name, line_number)
            order_id, customer_id = raw.order_id.strip(), raw.customer_id.strip()
            order_ts, amount = source.parse_time(raw.order_ts.strip()), parse_amount(raw.amount)
            tracked = raw.available_at is not None
            changed = source.parse_time(raw.available_at.strip()) if raw.available_at is not None else None
            usable = order_ts and amount is not None and (changed or not tracked)
            if usable and not {order_id, customer_id} & NULL_WORDS:
                assert order_ts is not None
                assert amount is not None
                yield Order(
                    order_id,
                    customer_id,
                    order_ts,
                    amount,
                    parse_status(raw.status or ""),
                    path.name,
                    line_number,
                    channel=parse_text(raw.channel),
                    extras={
                        name: parse_amount(text) if name in source.numbers else parse_text(text)
                        for name, text in raw.extras.items()
                    },
                    available_at=changed,
                    has_status=raw.status is not None,
                )
            line_number = reader.line_num + 1


def parse_amount(text: str) -> Decimal | None:
    """Plain decimals: at most 18 digits before the point and 6 after."""
    text = text.strip()
    return Decimal(text) if re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,6})?", text) else None


def parse_text(text: str) -> str | None:
    return None if text.strip() in NULL_WORDS else text.strip()


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


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return sum(amounts, Decimal(0))
