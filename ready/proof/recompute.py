"""A feature's value from its orders, in exact arithmetic and without a database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from math import isqrt

from ready.definition.features import OF_STATES, Feature

Value = int | bool | str | Decimal | None
Measure = Decimal | int | str | None

MILLIONTHS = 10**6
FEW = 12
LONGEST_TEXT = 128


@dataclass(frozen=True)
class Purchase:
    """What a feature looks at of one order. measure: its value in the feature's column, None without one."""

    order_ts: datetime
    measure: Measure


def recompute(feature: Feature, purchases: Sequence[Purchase], feature_time: datetime) -> Value:
    """The value that the purchases in the feature's window give. In an empty window counts and sums are 0."""
    if feature.function == "count":
        return len(purchases)
    if feature.function == "no_purchase":
        return not purchases
    if feature.function.startswith("days_since"):
        return _whole_days(feature, purchases, feature_time)
    if feature.function in OF_STATES.values():
        return _of_states(feature, purchases, feature_time)
    if feature.picks_text:
        return _text(feature.function, purchases)
    measures = [purchase.measure for purchase in purchases if purchase.measure is not None]
    if feature.function == "count_distinct":
        return len(set(measures))
    numbers = [Fraction(measure) for measure in measures]
    if feature.function in ("median", "quantile"):
        return _quantile(numbers, Fraction(feature.level or "0.5"))
    return _of_numbers(feature.function, numbers)


def _of_states(feature: Feature, states: Sequence[Purchase], feature_time: datetime) -> Value:
    """states: all that were known, in the order of time."""
    if not states:
        return 0 if feature.function == "changes" else None
    begins = [
        state
        for before, state in zip((None, *states), states, strict=False)
        if before is None or before.measure != state.measure
    ]
    if feature.function == "changes":
        return len(begins) - 1
    if feature.function == "age_days":
        return (feature_time - begins[-1].order_ts) // timedelta(days=1)
    return states[-1].measure


def ratio(numerator: Value, denominator: Value) -> Decimal | None:
    """Rounded to 6 decimals, a half away from zero; None where either is, or the denominator is 0."""
    if numerator is None or denominator is None or denominator == 0:
        return None
    return _decimal(Fraction(numerator) / Fraction(denominator))


def _text(function: str, purchases: Sequence[Purchase]) -> str | None:
    """Of texts that are as frequent the one bought last, of those of one instant the smallest."""
    bought = [(one.order_ts, _short(str(one.measure))) for one in purchases if one.measure is not None]
    if function == "mode":
        texts = [text for _, text in bought]
        most = max(map(texts.count, texts), default=0)
        bought = [(when, text) for when, text in bought if texts.count(text) == most]
    ends = [when for when, _ in bought]
    end = min(ends, default=None) if function == "first" else max(ends, default=None)
    return min((text for when, text in bought if when == end), default=None)


def _short(text: str) -> str:
    """As macros/engine/short_text.sql has it."""
    encoded = text.encode()
    return text if len(encoded) <= LONGEST_TEXT else text[:20] + hashlib.md5(encoded).hexdigest()


def _of_numbers(function: str, numbers: Sequence[Fraction]) -> Decimal | None:
    if function == "sum":
        return _decimal(sum(numbers, Fraction(0)))
    if not numbers:
        return None
    if function == "stddev":
        return _stddev(numbers)
    return _decimal(
        _mean(numbers) if function == "avg" else min(numbers) if function == "min" else max(numbers)
    )


def _mean(numbers: Sequence[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers)


def _quantile(numbers: Sequence[Fraction], level: Fraction) -> Decimal | None:
    """Between two of the sorted numbers in proportion."""
    if not numbers:
        return None
    ordered = sorted(numbers)
    place, rest = divmod((len(ordered) - 1) * level, 1)
    below, above = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
    return _decimal(below + (above - below) * rest)


def _stddev(numbers: Sequence[Fraction]) -> Decimal | None:
    """Of a sample, rounded half up to 6 decimals: the half millionths in the root, whole, decide."""
    if len(numbers) < 2:
        return None
    mean = _mean(numbers)
    variance = sum(((number - mean) ** 2 for number in numbers), Fraction(0)) / (len(numbers) - 1)
    halves = isqrt(int(variance * (2 * MILLIONTHS) ** 2))
    return _millionths((halves + 1) // 2)


def _whole_days(feature: Feature, purchases: Sequence[Purchase], feature_time: datetime) -> int | None:
    since = _since(feature, purchases)
    return None if since is None else (feature_time - since) // timedelta(days=1)


def _since(feature: Feature, purchases: Sequence[Purchase]) -> datetime | None:
    times = sorted(purchase.order_ts for purchase in purchases)
    if len(times) < feature.place:
        return None
    return times[-feature.place] if feature.function == "days_since_last" else times[0]


def _decimal(number: Fraction) -> Decimal:
    """Rounded to 6 decimals, a half away from zero."""
    rounded = int(abs(number) * MILLIONTHS + Fraction(1, 2))
    return _millionths(rounded if number >= 0 else -rounded)


def _millionths(number: int) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return Decimal(number).scaleb(-6)


def arithmetic(feature: Feature, purchases: Sequence[Purchase], feature_time: datetime) -> str:
    """The calculation as a reader would write it down, up to its result."""
    measures = [purchase.measure for purchase in purchases if purchase.measure is not None]
    if feature.function in OF_STATES.values():
        return f"{feature.function.replace('_', ' ')} of {len(purchases)} state(s)"
    if feature.function in ("count", "no_purchase") or len(purchases) < feature.place:
        return f"{len(purchases)} {'row' if feature.source else 'purchase'}(s)"
    if feature.function.startswith("days_since"):
        since = _since(feature, purchases)
        assert since is not None
        return f"whole days from {since:%Y-%m-%d %H:%M:%S} to {feature_time:%Y-%m-%d %H:%M:%S}"
    if feature.function not in ("sum", "avg"):
        return f"{feature.title} of {len(measures)} value(s)"
    if feature.function == "avg":
        return f"{_exact_sum(measures)} / {len(measures)}"
    return " + ".join(map(str, measures)) if len(measures) <= FEW else f"the sum of {len(measures)} values"


def _exact_sum(numbers: Sequence[Decimal | int | str]) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return sum(map(Decimal, numbers), Decimal(0))
