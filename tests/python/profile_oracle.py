"""How values are distributed, in plain Python: what meta.feature_profiles and the page have to agree with."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal

from ready.recorded.profiles import ColumnProfile


def profile_of(
    name: str, values: Sequence[Decimal | int | None], *, sampled: Sequence[bool] = (), step: int = 1
) -> ColumnProfile:
    """sampled: which of the rows the distribution is of; default all."""
    filled = [Decimal(value) for value in values if value is not None]
    drawn = [
        Decimal(value)
        for value, taken in zip(values, sampled or [True] * len(values), strict=True)
        if value is not None and taken
    ]
    mean = (sum(filled) / len(filled)).quantize(Decimal("1.000000"), ROUND_HALF_UP) if filled else None
    return ColumnProfile(
        name=name,
        rows=len(values),
        missing=len(values) - len(filled),
        zero=filled.count(Decimal(0)),
        minimum=min(filled, default=None),
        maximum=max(filled, default=None),
        mean=mean,
        sampled_every=step,
        distinct=len(set(drawn)),
        distribution=_steps(drawn),
    )


def _steps(values: Sequence[Decimal]) -> tuple[tuple[Decimal, int, int], ...]:
    """The first value, and those that are the percentile of some half percent."""
    counts, ordered = Counter(values), sorted(values)
    percentiles = {ordered[-(-k * len(values) // 200) - 1] for k in range(1, 201)} if values else set()
    return tuple(
        (value, counts[value], sum(times for other, times in counts.items() if other <= value))
        for value in sorted(counts)
        if value in percentiles or value == min(counts)
    )


def is_sampled(customer_id: str, feature_time: datetime, step: int) -> bool:
    """Whether a row of features is in a sample of one in `step`."""
    number = int(hashlib.md5(f"profile|{customer_id}".encode()).hexdigest()[:8], 16)
    days = (feature_time - datetime(2000, 1, 1, tzinfo=timezone.utc)).days
    return (number + days) % step == 0
