"""Features at any instant, in the three ways in which they are served, against what they must be."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from oracle import Features, Key
from proof_case import Shop

import ready
from ready.errors import UnknownCustomers


def instants_near(
    times: Iterable[datetime], customers: Sequence[str], *, seed: int, number: int
) -> list[Key]:
    """Customers, one of whom nobody knows, at instants of the data, just after them, and at odd ones."""
    drawn = random.Random(seed)
    near, others = sorted(times), [*customers, "nobody"]
    shifts = [timedelta(0), timedelta(microseconds=1), timedelta(days=30), timedelta(hours=5, microseconds=7)]
    keys = [(drawn.choice(others), drawn.choice(near) + drawn.choice(shifts)) for _ in range(number)]
    return list(dict.fromkeys(keys))


def assert_served(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, feature_set: str, wanted: Mapping[Key, Features]
) -> None:
    """features_at and a reader give these values, the database's function the table's at its rows."""
    for name, value in shop.environ.items():
        monkeypatch.setenv(name, value)
    rows = [{"customer_id": id, "feature_time": time, **row} for (id, time), row in wanted.items()]
    spine = {"customer_id": [id for id, _ in wanted], "feature_time": [time for _, time in wanted]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownCustomers)
        found = ready.features_at(spine, feature_set=feature_set, exact=True)
    assert found.table.to_pylist() == rows
    with ready.feature_reader(feature_set, exact=True) as reader:
        assert [reader(*key) for key in list(wanted)[:50]] == rows[:50]
    table = f"feats.{feature_set}"
    served = (
        f"select served.* from {table} as held "
        f"cross join lateral {table}_at(held.customer_id, held.feature_time) as served"
    )
    for left, right in ((served, f"select * from {table}"), (f"select * from {table}", served)):
        assert shop.rows(f"{left} except {right}") == []
