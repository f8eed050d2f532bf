"""The mean of decimals as the databases round it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext

MOST_DIGITS_OF_SUM = 100


def exact_mean(counts: Mapping[Decimal, int]) -> Decimal | None:
    """The mean of values by how often there are, rounded half up to 6 decimals; None of no values."""
    with localcontext() as exact:
        exact.prec = MOST_DIGITS_OF_SUM
        total = sum((value * times for value, times in counts.items()), Decimal(0))
    return rounded_mean(total, sum(counts.values()))


def rounded_mean(total: Decimal | None, rows: int) -> Decimal | None:
    """The mean of so many rows with this sum, rounded half up to 6 decimals; None of no rows."""
    if not rows or total is None:
        return None
    with localcontext() as exact:
        exact.prec = MOST_DIGITS_OF_SUM
        return (total / Decimal(rows)).quantize(Decimal("0.000001"), ROUND_HALF_UP)
