#!/usr/bin/env python3
"""Write lifelike online-shop orders as CSV: any number of rows, the same bytes for the same arguments.

Only the standard library is used. The shop itself is in shop.py; here are the delivery, its faults and the
command line.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import BinaryIO

from shop import orders

HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel\n"

REDELIVERY_DAYS = 7

# How many days before the first of a month, a feature time, its windows begin.
WINDOW_DAYS = (7, 30, 90)
# A customer's first orders stay where they are, and with them the first feature time at which it is known.
KNOWN_AFTER = 4

# What --dirty puts in: kind, how many. Each kind breaks one rule, and each fault has a row of its own.
FAULTS = {
    "duplicate_order_id": 1,
    "negative_amount": 1,
    "non_numeric_amount": 2,
    "missing_amount": 1,
    "invalid_timestamp": 1,
    "unknown_status": 3,
    "other_currency": 2,
    "missing_customer": 1,
    "ragged_line": 1,
}
FAULT_COUNT = sum(FAULTS.values())

DESCRIPTION = """\
Write the orders of an imagined online shop as CSV, ordered by time.

The same arguments always give the same bytes, on every Python from 3.10 on. A few customers buy often and
most seldom, the shop grows, amounts are log-normal, and demand follows the hour, the weekday and the month.
Some untidiness is always there, all of it harmless: one status in about 100 is written like " Completed" or
"SHIPPED", one time in 250 has an offset (+02:00) instead of Z.
"""

EPILOG = f"""\
with --dirty, the delivery also holds (each in a row of its own):
{chr(10).join(f"  {count} x {kind.replace('_', ' ')}" for kind, count in FAULTS.items())}

with --since, the delivery begins with the orders of the {REDELIVERY_DAYS} days before that were pending:
they come again under the same order id with their later status, as in a real export.

with --borders, some orders lie exactly where features begin and end. On each first of a month, and
{", ".join(map(str, WINDOW_DAYS))} days before it, the last order of the day before is at the first instant;
on a first of a month so is the one before, and both are of one customer. Customers with few orders are
left out.

examples:
  generate_orders.py --rows 1000 --seed 1 | head
  generate_orders.py --rows 1000000 --out big/orders.csv
  generate_orders.py --rows 5000 --since 2025-01-01 --dirty --out faulty.csv
  make sample      writes data/raw and data/dirty again, byte for byte
"""


class BadArguments(Exception):
    """Arguments that fit the parser but not each other."""


# --- what a delivery holds --------------------------------------------------------------------------------


def delivery(
    blocks: Iterable[tuple[list[str], list[str]]], since: date | None, until: date | None
) -> Iterator[list[str]]:
    """The lines with since <= time < until, after those that were pending just before `since`."""
    first = since.isoformat() if since else ""
    pending_from = (since - timedelta(days=REDELIVERY_DAYS)).isoformat() if since else ""
    for times, lines in blocks:
        if since and times[0] < first:
            begin = bisect_left(times, first)
            earlier = lines[bisect_left(times, pending_from) : begin]
            yield [settled(line) for line in earlier if status_of(line) == "pending"]
            times, lines = times[begin:], lines[begin:]
        if until and times and times[-1] >= until.isoformat():
            yield lines[: bisect_left(times, until.isoformat())]
            return
        yield lines


def on_borders(
    blocks: Iterable[tuple[list[str], list[str]]], start: date, months: int
) -> Iterator[tuple[list[str], list[str]]]:
    """The same orders in the same order, some of them later, onto a border: see EPILOG.

    `times` stay, so that a delivery has the same orders with borders and without.
    """
    firsts = {period_end(start, number) for number in range(months + 1)}
    borders = firsts | {first - timedelta(days=days) for first in firsts for days in WINDOW_DAYS}
    seen: Counter[str] = Counter()
    for times, lines in blocks:
        done = 0
        for border in sorted(borders):
            instant = f"{border}T00:00:00Z"
            after = bisect_left(times, instant)
            seen.update(map(customer_of, lines[done:after]))
            done = max(done, after)
            moved = range(after - 1 - (border in firsts), after)
            if not 2 <= after < len(times) or min(seen[customer_of(lines[at])] for at in moved) < KNOWN_AFTER:
                continue
            for at in moved:
                fields = lines[at].split(",")
                lines[at] = ",".join([fields[0], customer_of(lines[after - 1]), instant, *fields[3:]])
        seen.update(map(customer_of, lines[done:]))
        yield times, lines


def customer_of(line: str) -> str:
    return line.split(",")[1]


def status_of(line: str) -> str:
    return line.split(",")[5].strip().lower()


def settled(line: str) -> str:
    """A pending order as it stands some days later: two in three are completed."""
    fields = line.split(",")
    fields[5] = ("completed", "completed", "cancelled")[int(fields[0][1:]) % 3]
    return ",".join(fields)


# --- faults -----------------------------------------------------------------------------------------------


def replaced(field: int, value: Callable[[str], str]) -> Callable[[str], str]:
    """A fault that writes something else into one field of a line."""

    def spoil(line: str) -> str:
        fields = line.split(",")
        fields[field] = value(fields[field])
        return ",".join(fields)

    return spoil


SPOIL: dict[str, Callable[[str], str]] = {
    "duplicate_order_id": lambda line: line + line,
    "negative_amount": replaced(3, lambda amount: "-" + amount),
    "non_numeric_amount": replaced(3, lambda amount: amount + " EUR"),
    "missing_amount": replaced(3, lambda _: ""),
    "invalid_timestamp": replaced(2, lambda when: when[:5] + "02-30" + when[10:]),
    "unknown_status": replaced(5, lambda _: "lost"),
    "other_currency": replaced(4, lambda _: "USD"),
    "missing_customer": replaced(1, lambda _: ""),
    "ragged_line": lambda line: ",".join(line.split(",")[:4]) + "\n",
}


def with_faults(blocks: Iterable[list[str]], rows: int) -> Iterator[list[str]]:
    """Spoil every n-th line until each fault is placed; raises BadArguments when the lines do not suffice."""
    every = max(1, rows // (4 * FAULT_COUNT))
    faults = [SPOIL[kind] for kind, count in FAULTS.items() for _ in range(count)]
    seen = placed = 0
    for lines in blocks:
        while placed < len(faults) and (at := every * (placed + 1) - 1 - seen) < len(lines):
            lines[at] = faults[placed](lines[at])
            placed += 1
        seen += len(lines)
        yield lines
    if placed < len(faults):
        raise BadArguments(f"--dirty needs {every * len(faults):,} rows in the delivery, here are {seen:,}")


# --- command line -----------------------------------------------------------------------------------------


def whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not between {low} and {high}")
        return value

    return parse


def day(text: str) -> date:
    try:
        value = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date like 2024-01-31") from None
    if not 1900 <= value.year < 3000:
        raise argparse.ArgumentTypeError(f"{text} is not between the years 1900 and 2999")
    return value


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = result.add_argument
    add("--rows", type=whole_number(1, 10**9), required=True, metavar="N", help="orders in the whole period")
    add("--seed", type=whole_number(0, 2**63), default=1, metavar="S", help="another seed, another shop (1)")
    add("--start", type=day, default=date(2024, 1, 1), metavar="DATE", help="first day (2024-01-01)")
    add("--months", type=whole_number(1, 600), default=18, metavar="N", help="length of the period (18)")
    add("--since", type=day, metavar="DATE", help="write only the orders from this day on")
    add("--until", type=day, metavar="DATE", help="write only the orders before this day")
    add("--borders", action="store_true", help="put orders onto feature times and windows' beginnings")
    add("--dirty", action="store_true", help="put in faults, listed below")
    add("--out", type=Path, metavar="FILE", help="write here instead of to standard output")
    return result


def period_end(start: date, months: int) -> date:
    """The same day of the month so many months later, or that month's last day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=start.day - 1), following - timedelta(days=1))


def lines_of(args: argparse.Namespace) -> Iterator[list[str]]:
    """The delivery that the arguments ask for, without the header; raises BadArguments."""
    end = period_end(args.start, args.months)
    for name, value in (("--since", args.since), ("--until", args.until)):
        if value and not args.start <= value <= end:
            raise BadArguments(f"{name} {value} is outside the period from {args.start} to {end}")
    if args.since and args.until and args.since >= args.until:
        raise BadArguments(f"--since {args.since} is not before --until {args.until}")
    made = orders(Random(args.seed), args.rows, args.start, end)
    if args.borders:
        made = on_borders(made, args.start, args.months)
    blocks = delivery(made, args.since, args.until)
    return with_faults(blocks, args.rows) if args.dirty else blocks


@contextmanager
def target(out: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that takes its name only when it is complete."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(out)
    finally:
        with suppress(OSError):
            part.unlink()


def write(args: argparse.Namespace) -> None:
    began = time.monotonic()
    count = size = 0
    blocks = lines_of(args)
    with target(args.out) as stream:
        stream.write(HEADER.encode())
        for lines in blocks:
            block = "".join(lines).encode()
            stream.write(block)
            count, size = count + len(lines), size + len(block)
    if args.out:
        seconds = time.monotonic() - began
        print(f"{args.out}: {count:,} orders, {size / 1e6:,.1f} MB, {seconds:.1f} s", file=sys.stderr)


def main() -> int:
    command = parser()
    args = command.parse_args()
    try:
        write(args)
    except BadArguments as error:
        command.error(str(error))
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(
            f"{command.prog}: cannot write {args.out or 'standard output'}: {error.strerror}", file=sys.stderr
        )
        return 3
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
