"""Errors for names that do not exist: they show the nearest that do."""

from __future__ import annotations

import difflib
from bisect import bisect
from collections.abc import Sequence
from datetime import date, datetime, timezone

from ready.errors import UsageError

SHOWN = 25


def unknown(kind: str, name: str, known: Sequence[str]) -> UsageError:
    """`kind` says what `name` should have been, such as feature; `known` are the names to choose from."""
    near = difflib.get_close_matches(name, known, n=3)
    few = f"known: {', '.join(known[:SHOWN])}" if known else None
    return UsageError(
        f"there is no {kind} {name}", hint=f"did you mean {' or '.join(near)}?" if near else few
    )


def unknown_time(customer_id: str, feature_time: datetime, known: Sequence[datetime]) -> UsageError:
    """`known`: the customer's feature times in order, at least one."""
    place = bisect(known, feature_time)
    near = " or ".join(as_text(time) for time in known[max(0, place - 1) : place + 1])
    return UsageError(
        f"customer {customer_id} has no row at {as_text(feature_time)}",
        hint=f"its {len(known)} feature time(s) run from {as_text(known[0])} to {as_text(known[-1])}; "
        f"the nearest: {near}",
    )


def parse_time(text: str) -> datetime:
    """An ISO 8601 date or time; UTC where it has no offset. Raises UsageError."""
    try:
        # Python 3.10 does not read the Z.
        time = datetime.fromisoformat(text.strip().removesuffix("Z"))
    except ValueError:
        raise UsageError(
            f"{text} is no time",
            hint="write it as 2025-03-01, or 2025-03-01T12:00:00+01:00 (default zone: UTC)",
        ) from None
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)


def as_text(time: date) -> str:
    """In UTC, which times without a zone are in, as short as it is exact."""
    if not isinstance(time, datetime):
        return str(time)
    utc = time.astimezone(timezone.utc) if time.tzinfo else time
    text = utc.replace(tzinfo=None).isoformat(sep=" ")
    return text.removesuffix(" 00:00:00")
