"""Local times around the moments at which a time zone's clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/St_Johns",
    "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Tehran", "Asia/Kolkata",
    "Africa/Casablanca", "Africa/Cairo", "Antarctica/Troll", "Pacific/Apia", "Pacific/Chatham",
    "America/Argentina/Buenos_Aires", "Etc/GMT+5",
)  # fmt: skip
YEARS = (1974, 1991, 2011, 2024)
STEPS = [
    timedelta(minutes=minutes) for minutes in (-121, -61, -60, -31, -30, -1, 0, 1, 29, 30, 59, 60, 61, 121)
]


def edges(zone: str) -> Iterator[datetime]:
    """Without a zone, about an hour or two before and after each change in some years."""
    for year in YEARS:
        yield datetime(year, 7, 1, 12)
        for change in _changes(ZoneInfo(zone), year):
            for step in STEPS:
                yield change.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + step


def _changes(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    """To the hour's quarter."""
    instant = datetime(year, 1, 1, tzinfo=timezone.utc)
    step = timedelta(minutes=15)
    offset = instant.astimezone(zone).utcoffset()
    while instant.year == year:
        instant += step
        now = instant.astimezone(zone).utcoffset()
        if now != offset:
            yield instant
        offset = now
