"""The figures of a training set in plain Python and pandas: slow, by definition, one row after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pandas as pd

KEYS = ["customer_id", "feature_time", "split"]


def area_under_curve(values: Sequence[float], positive: Sequence[bool]) -> float:
    """Over all pairs of a positive and a negative row."""
    ones = [value for value, is_one in zip(values, positive, strict=True) if is_one]
    noughts = [value for value, is_one in zip(values, positive, strict=True) if not is_one]
    wins = sum(Fraction(1 if a > b else 0) + Fraction(a == b, 2) for a in ones for b in noughts)
    return float(wins / (len(ones) * len(noughts)))


def stability_index(before: Sequence[float | None], after: Sequence[float | None]) -> float:
    """Deciles of the values before, and a bin for what is missing; an empty bin counts as 0.01 %."""
    filled = sorted(value for value in before if value is not None)
    deciles = (
        sorted({filled[math.ceil(step * len(filled) / 10) - 1] for step in range(1, 10)}) if filled else []
    )

    def share(values: Sequence[float | None], low: float, high: float) -> float:
        inside = [value for value in values if value is not None and low < value <= high]
        return max(len(inside) / len(values), 0.0001)

    edges = [-math.inf, *deciles, math.inf]
    pairs = [(share(before, *bin), share(after, *bin)) for bin in pairwise(edges)]
    missing = [max(list(values).count(None) / len(values), 0.0001) for values in (before, after)]
    pairs.append((missing[0], missing[1]))
    return sum((a - b) * math.log(a / b) for b, a in pairs)


def overlap(rows: pd.DataFrame, split: str) -> dict[str, Any]:
    """Rows, customers, those that train has, and rows that equal one of train apart from the keys."""
    train, other = rows[rows.split == "train"], rows[rows.split == split]
    content = [name for name in rows.columns if name not in KEYS]
    known = set(train.customer_id)
    of_train = [_content(row) for row in train[content].itertuples(index=False)]
    return {
        "rows": len(other),
        "customers": other.customer_id.nunique(),
        "rows_of_known": sum(customer in known for customer in other.customer_id),
        "known_customers": len(known & set(other.customer_id)),
        "copies": sum(_content(row) in set(of_train) for row in other[content].itertuples(index=False)),
        "train_repeated": sum(of_train.count(row) > 1 for row in of_train) / len(of_train),
    }


def _content(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(None if pd.isna(value) else value for value in row)
