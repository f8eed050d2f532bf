"""Folds in time, against what they promise, row by row."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from arrow_training_set import export, sample
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import ready
from ready import EmbargoTimeSeriesSplit
from ready.errors import UsageError

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
HOURS = st.integers(0, 24 * 40) | st.integers(0, 20).map(lambda day: 24 * day)
ROWS = st.lists(st.tuples(HOURS, st.sampled_from("abcdefghijklmnop")), min_size=3, max_size=60)

Fold = tuple[list[int], list[int]]


def expected_folds(
    times: list[datetime], groups: list[str], parts: dict[str, int], n: int, days: float
) -> list[Fold]:
    """Of each row on its own whether it is trained or tested on. parts: the fold that tests a group."""
    instants = sorted(set(times))
    length = len(instants) // (n + 1)
    folds = []
    for fold in range(n):
        rest = (n - fold) * length
        start = instants[len(instants) - rest]
        tested = instants[len(instants) - rest :][:length]
        train, test = [], []
        for row, (time, group) in enumerate(zip(times, groups, strict=True)):
            if time in tested and parts.get(group, fold) == fold:
                test.append(row)
            if time < start and time + timedelta(days=days) <= start and parts.get(group) != fold:
                train.append(row)
        folds.append((train, test))
    return folds


def folds_of(splitter: EmbargoTimeSeriesSplit, rows: int) -> list[Fold]:
    return [(train.tolist(), test.tolist()) for train, test in splitter.split([0] * rows)]


@settings(max_examples=300)
@given(ROWS, st.integers(2, 4), st.sampled_from([0, 0.5, 1, 7]), st.booleans())
def test_the_folds_are_those_of_the_oracle(
    rows: list[tuple[int, str]], n: int, days: float, by_group: bool
) -> None:
    times, groups = [START + timedelta(hours=hours) for hours, _ in rows], [group for _, group in rows]
    assume(len(set(times)) > n)
    splitter = EmbargoTimeSeriesSplit(
        pa.array(times), n_splits=n, embargo_days=days, groups=pa.array(groups) if by_group else None
    )
    assert splitter.get_n_splits() == n
    parts = {group: splitter._part(group) for group in groups} if by_group else {}
    assert set(parts.values()) <= set(range(n))
    expected = expected_folds(times, groups, parts, n, days)
    if not all(train and test for train, test in expected):
        with pytest.raises(UsageError, match="has no rows to"):
            folds_of(splitter, len(rows))
        return
    found = folds_of(splitter, len(rows))
    assert found == expected
    for train, test in found:  # the promises, once more in other words
        last, first = max(times[row] for row in train), min(times[row] for row in test)
        assert last < first
        assert last + timedelta(days=days) <= first
        if by_group:
            assert not {groups[row] for row in train} & {groups[row] for row in test}
    tested = [row for _, test in found for row in test]
    assert len(tested) == len(set(tested))


def test_parts_of_customers_are_about_equal_and_stay_when_others_come() -> None:
    instants = pa.array([START + timedelta(days=number % 10) for number in range(3000)])
    names = [f"C{number}" for number in range(3000)]
    whole = EmbargoTimeSeriesSplit(instants, n_splits=3, groups=pa.array(names))
    sizes = [int((whole._parts == part).sum()) for part in range(3)]
    assert min(sizes) > 900
    fewer = EmbargoTimeSeriesSplit(instants[:50], n_splits=3, groups=pa.array(names[:50]))
    assert fewer._parts.tolist() == whole._parts[:50].tolist()
    other = EmbargoTimeSeriesSplit(instants, n_splits=3, groups=pa.array(names), seed=1)
    assert other._parts.tolist() != whole._parts.tolist()


def test_a_dataset_knows_its_embargo(tmp_path: Path) -> None:
    ds = ready.load_dataset(path=export(sample(200), tmp_path / "v1"), split="train")
    folds = ds.folds(2)
    assert repr(folds) == "EmbargoTimeSeriesSplit(2 folds, embargo 30 days)"
    times = ds.times.to_pylist()
    for train, test in folds.split(ds.X):
        assert max(times[row] for row in train) + timedelta(days=30) <= min(times[row] for row in test)
    groups = ds.groups.to_pylist()
    by_customer = ds.folds(2, by_customer=True)
    assert repr(by_customer) == "EmbargoTimeSeriesSplit(2 folds, embargo 30 days, by group)"
    for train, test in by_customer.split(ds.X):
        assert not {groups[row] for row in train} & {groups[row] for row in test}


def test_times_may_be_of_pandas() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    times = [START + timedelta(days=number) for number in range(9)]
    expected = folds_of(EmbargoTimeSeriesSplit(pa.array(times), n_splits=2), 9)
    for series in (pandas.Series(times), pandas.Series(times).dt.tz_localize(None)):
        assert folds_of(EmbargoTimeSeriesSplit(series, n_splits=2), 9) == expected


def test_what_gives_no_folds_is_told() -> None:
    times = pa.array([START + timedelta(days=number) for number in range(6)])
    for wrong in ({"n_splits": 1}, {"n_splits": 2.5}, {"embargo_days": "30"}, {"embargo_days": float("nan")}):
        with pytest.raises(UsageError, match="n_splits, a whole number of 2 or more"):
            EmbargoTimeSeriesSplit(times, **wrong)
    with pytest.raises(UsageError, match=r"6 distinct instant.* too few for 6 folds"):
        EmbargoTimeSeriesSplit(times, n_splits=6)
    with pytest.raises(UsageError, match="6 times and 1 groups"):
        EmbargoTimeSeriesSplit(times, n_splits=2, groups=pa.array(["a"]))
    with pytest.raises(UsageError, match="1 of the times are missing"):
        EmbargoTimeSeriesSplit(pa.array([START, None]), n_splits=2)
    with pytest.raises(UsageError, match="X has 5 rows, and these folds are of 6"):
        next(EmbargoTimeSeriesSplit(times, n_splits=2).split([0] * 5))
    with pytest.raises(UsageError, match="fold 0 has no rows to train on"):
        next(EmbargoTimeSeriesSplit(times, n_splits=2, embargo_days=30).split())
