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
    """One row of stg.orders, as far as features look at it. extras: the columns with names of their own."""

    order_id: str
    customer_id: str
    order_ts: datetime
    amount: Decimal
    status: str | None = None
    file_name: str = ""
    line_number: int = 0
    channel: str | None = None
    extras: Mapping[str, str | Decimal | None] = field(default_factory=dict)

    @property
    def is_purchase(self) -> bool:
        return self.status is None or self.status in PURCHASE_STATUSES

    def value(self, column: str) -> Any:
        return self.extras[column] if column in self.extras else getattr(self, column)


@dataclass(frozen=True)
class RawOrder:
    """The canonical texts of one CSV record."""

    order_id: str
    customer_id: str
    order_ts: str
    amount: str
    status: str = ""
    channel: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)


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
    """The first line stands for the order, but numbers are summed and the earliest time counts."""
    first = records[0]
    return replace(
        first,
        order_ts=min(record.order_ts for record in records),
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
            if not {order_id, customer_id} & NULL_WORDS and order_ts and amount is not None:
                yield Order(
                    order_id,
                    customer_id,
                    order_ts,
                    amount,
                    parse_status(raw.status),
                    path.name,
                    line_number,
                    channel=parse_text(raw.channel),
                    extras={
                        name: parse_amount(text) if name in source.numbers else parse_text(text)
                        for name, text in raw.extras.items()
                    },
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
