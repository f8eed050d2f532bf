"""Which split each row of one's own labels belongs to, as macros/features/split_boundaries.sql has it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from ready.definition.splits import DEFAULTS, SHARES
from ready.label_sets.hash_number import hash_number

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Part:
    """A split's stretch of time, half-open. next_from: the start of the next one, None for the last."""

    split: str
    time_from: datetime
    time_to: datetime
    next_from: datetime | None


def parts_of(times: Sequence[datetime], splits: Mapping[str, Any]) -> list[Part]:
    """The stretches that the distinct instants are cut into; one without any is left out.

    splits: as features.yaml has them: by, and train and val as shares or val_from and test_from as dates.
    """
    instants = sorted(set(times))
    if not instants:
        return []
    first, end = instants[0], instants[-1] + TICK
    if splits.get("by") == "customer":
        return [Part(split, first, end, None) for split in ("train", "val", "test")]
    val, test = _starts(instants, end, splits)
    cut = [
        Part("train", first, min(val, end), val if val != end else None),
        Part("val", val, min(test, end), test if test != end else None),
        Part("test", test, end, None),
    ]
    return [part for part in cut if part.time_from < part.time_to]


def _starts(
    instants: Sequence[datetime], end: datetime, splits: Mapping[str, Any]
) -> tuple[datetime, datetime]:
    """Of val and of test."""
    if splits.get("val_from") is not None and splits.get("test_from") is not None:
        val, test = (
            datetime.fromisoformat(str(splits[key])).replace(tzinfo=timezone.utc)
            for key in ("val_from", "test_from")
        )
        return val, test
    train, both = _shares(splits)
    places = (math.floor(len(instants) * share) for share in (train, both))
    val, test = (instants[place] if place < len(instants) else end for place in places)
    return val, test


def _shares(splits: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """Of train, and of train and val together; exact, as in SQL."""
    train, val = (Decimal(str(splits.get(key, default))) for key, default in SHARES.items())
    return train, train + val


def split_of(
    customer_id: str,
    time: datetime,
    parts: Sequence[Part],
    splits: Mapping[str, Any],
    embargo_days: float,
) -> str | None:
    """None for a row in an embargo, or whose customer is of another split than its time."""
    of_customer = (
        _split_of_customer(customer_id, splits) if splits.get("by") in ("customer", "both") else None
    )
    for part in parts:
        is_free = part.next_from is None or time + timedelta(days=embargo_days) <= part.next_from
        if part.time_from <= time < part.time_to and is_free and of_customer in (None, part.split):
            return part.split
    return None


def _split_of_customer(customer_id: str, splits: Mapping[str, Any]) -> str:
    """As macros/features/customer_split.sql: a customer is in the same split as in the other sets."""
    number = hash_number(f"{splits.get('seed', DEFAULTS['seed'])}|{customer_id}")
    train, both = _shares(splits)
    return "train" if number < train * 2**32 else "val" if number < both * 2**32 else "test"
