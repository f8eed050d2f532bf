"""An imagined online shop: who orders what and when, as CSV lines in ascending order of time.

Of `random.Random` only getrandbits is used, whose values are the same on every Python version. Amounts,
weights and times are integers, so no platform's maths library decides a digit (the one exception, the table
of log-normal quantiles, is rounded to whole cents before use).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from random import Random
from statistics import NormalDist

STATUS_PERCENT = {"completed": 70, "shipped": 15, "pending": 5, "cancelled": 6, "returned": 4}
CHANNEL_PERCENT = {"web": 60, "app": 28, "store": 12}

# Relative demand by month (January first), weekday (Monday first) and hour of the day, UTC.
MONTHS = (88, 84, 92, 94, 98, 96, 90, 88, 98, 104, 132, 140)
WEEKDAYS = (104, 98, 96, 98, 108, 104, 92)
HOURS = (10, 6, 4, 3, 3, 6, 14, 28, 44, 56, 62, 66, 70, 64, 60, 60, 64, 72, 84, 92, 88, 68, 42, 22)
# Demand grows by this share of the first day's in a year.
YEARLY_GROWTH_PERCENT = 40

ORDERS_PER_CUSTOMER = 21
MEDIAN_AMOUNT_CENTS = 3_900
AMOUNT_SIGMA = 0.75
# How much of a shop's orders a customer gets (tickets) and spends (per 128), drawn once for each.
TICKETS = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 12, 20, 60)
SPENDING = (64, 77, 90, 102, 115, 128, 160, 224)

BLOCK_BITS = 10
BLOCK = 1 << BLOCK_BITS
TICK_BITS = 20

# Which of the 1024 line endings have an untidy status, and how.
UNTIDY: dict[int, Callable[[str], str]] = {
    100: str.upper,
    300: str.title,
    500: " {}".format,
    700: "{} ".format,
    730: str.upper,
    800: str.title,
    880: " {}".format,
    930: str.title,
    1000: str.upper,
}
OFFSET_EVERY = 250  # one order in so many is written in local time (+02:00)


# --- when -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hour:
    """One hour of the calendar: the text its times begin with, and its share of the demand."""

    prefix: str
    weight: int


def calendar(start: date, end: date) -> list[Hour]:
    """Every hour of [start, end) with its weight."""
    hours = []
    for number in range((end - start).days):
        day = start + timedelta(days=number)
        growth = 36_500 + YEARLY_GROWTH_PERCENT * number
        weight = MONTHS[day.month - 1] * WEEKDAYS[day.weekday()] * growth
        hours += [Hour(f"{day.isoformat()}T{hour:02d}:", weight * share) for hour, share in enumerate(HOURS)]
    return hours


def draw_times(rng: Random, rows: int, hours: list[Hour]) -> Iterator[list[str]]:
    """The orders' times in ascending order, a block at a time.

    A row owns 2**20 ticks of a line that the hours share by weight. Ticks are drawn at random within a block
    and sorted there, so that the times are ordered and random at any number of rows, in constant memory.
    """
    clock = [f"{second // 60:02d}:{second % 60:02d}Z" for second in range(3600)]
    edges = hour_edges(rows << TICK_BITS, hours)
    current = 0
    for first in range(0, rows, BLOCK):
        ticks = draw_ticks(rng, first, min(BLOCK, rows - first))
        times: list[str] = []
        done = 0
        while done < len(ticks):
            while ticks[done] >= edges[current + 1]:
                current += 1
            low, high = edges[current], edges[current + 1]
            until = bisect_left(ticks, high, done)
            span, prefix = high - low, hours[current].prefix
            times += [prefix + clock[(tick - low) * 3600 // span] for tick in ticks[done:until]]
            done = until
        yield times


def hour_edges(ticks: int, hours: list[Hour]) -> list[int]:
    """Where each hour begins on a line of so many ticks; the last edge is the line's end."""
    total = sum(hour.weight for hour in hours)
    edges, seen = [0], 0
    for hour in hours:
        seen += hour.weight
        edges.append(ticks * seen // total)
    return edges


def draw_ticks(rng: Random, first: int, count: int) -> list[int]:
    """`count` random ticks within the rows from `first` on, in ascending order."""
    base, bits = first << TICK_BITS, rng.getrandbits
    return sorted([base + (bits(BLOCK_BITS + TICK_BITS) * count >> BLOCK_BITS) for _ in range(count)])


# --- who --------------------------------------------------------------------------------------------------


class Customers:
    """A growing base of customers. Who orders next is drawn from an urn of tickets.

    A newcomer gets as many tickets as its appetite; half of them push out a ticket of somebody else, so that
    old customers fade. A quarter of the customers are there on the first day.
    """

    def __init__(self, rng: Random, rows: int) -> None:
        self.rng = rng
        self.urn: list[int] = []
        self.spending = [0]  # by customer number; there is no customer 0
        for _ in range(max(1, rows // (4 * ORDERS_PER_CUSTOMER))):
            self.welcome()
        self.newcomer_below = (3 << 32) // (4 * ORDERS_PER_CUSTOMER)

    def welcome(self) -> int:
        """Add a customer; returns its number."""
        number = len(self.spending)
        bits = self.rng.getrandbits(8)
        self.spending.append(SPENDING[bits & 7])
        urn, tickets = self.urn, TICKETS[bits >> 3 & 15]
        urn += [number] * (tickets - tickets // 2)
        for _ in range(tickets // 2):
            urn[self.rng.getrandbits(32) % len(urn)] = number
        return number

    def draw(self, count: int) -> list[int]:
        """The numbers of the customers of the next `count` orders."""
        bits, urn, below = self.rng.getrandbits, self.urn, self.newcomer_below
        drawn = []
        for _ in range(count):
            ticket = bits(32)
            drawn.append(self.welcome() if ticket < below else urn[ticket % len(urn)])
        return drawn


# --- what -------------------------------------------------------------------------------------------------


def amount_table() -> tuple[list[int], list[int]]:
    """2048 equally likely slices of a log-normal amount: their lower ends and widths, in cents."""
    normal = NormalDist(math.log(MEDIAN_AMOUNT_CENTS), AMOUNT_SIGMA)
    steps = [0.0001, *(step / 2048 for step in range(1, 2048)), 0.9999]
    ends = [round(math.exp(normal.inv_cdf(step))) for step in steps]
    return ends[:-1], [high - low for low, high in pairwise(ends)]


def ending_table() -> list[str]:
    """1024 equally likely ends of a line, `,EUR,status,channel`; about one in 100 has an untidy status."""
    pairs = [(s, c, p * q) for s, p in STATUS_PERCENT.items() for c, q in CHANNEL_PERCENT.items()]
    endings: list[str] = []
    seen = 0
    for status, channel, share in pairs:
        seen += share
        endings += [f",EUR,{status},{channel}\n"] * (round(1024 * seen / 10_000) - len(endings))
    for at, untidy in UNTIDY.items():
        _, currency, status, channel = endings[at].split(",")
        endings[at] = ",".join(["", currency, untidy(status), channel])
    return endings


def orders(rng: Random, rows: int, start: date, end: date) -> Iterator[tuple[list[str], list[str]]]:
    """Blocks of (times in UTC, CSV lines), in ascending order of time."""
    customers = Customers(rng, rows)
    lows, widths = amount_table()
    endings = ending_table()
    spending, bits = customers.spending, rng.getrandbits
    number = 0
    for times in draw_times(rng, rows, calendar(start, end)):
        lines = []
        for when, customer in zip(times, customers.draw(len(times)), strict=True):
            number += 1
            draw = bits(32)
            slice_ = draw >> 21
            cents = (lows[slice_] + (widths[slice_] * (draw >> 10 & 2047) >> 11)) * spending[customer] >> 7
            lines.append(
                f"O{number:08d},C{customer:06d},{when},{cents // 100}.{cents % 100:02d}{endings[draw & 1023]}"
            )
        for at in range(-(number - len(lines) + 1) % OFFSET_EVERY, len(lines), OFFSET_EVERY):
            lines[at] = lines[at].replace(times[at], local_time(times[at]))
        yield times, lines


def local_time(text: str) -> str:
    """The same instant written with an offset, as some exports do."""
    utc = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return utc.astimezone(timezone(timedelta(hours=2))).isoformat()
