"""The figures of single columns and of periods against plain Python and pandas."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pandas as pd
import pyarrow as pa
import pytest
from figures_oracle import area_under_curve, stability_index
from hypothesis import given, settings
from hypothesis import strategies as st

from ready.figures.columns import (
    FEWEST_ROWS,
    Association,
    as_number,
    category_index,
    figures_of,
)
from ready.figures.measure import Figures
from ready.figures.over_time import MOST_PERIODS, read_periods, unit_for

numbers = st.none() | st.integers(-4, 4).map(float) | st.floats(-1e9, 1e9, width=32)
pairs = st.lists(st.tuples(numbers, st.integers(0, 3).map(float)), min_size=FEWEST_ROWS, max_size=80)
START = datetime(2024, 1, 31, 12, tzinfo=timezone.utc)


def sample(**columns: list[object]) -> pa.Table:
    rows = len(next(iter(columns.values())))
    splits = columns.pop("split", ["train"] * rows)
    return pa.table({**columns, "split": splits})


def association(values: list[object], label: list[float]) -> Association:
    table = sample(feature=values, label=label)
    numbers = {"label": as_number(table["label"].combine_chunks())}
    found = figures_of("feature", table, table["split"].combine_chunks(), numbers)
    return found.associations["label"]


@settings(max_examples=30)
@given(pairs)
def test_correlations_and_the_area_are_those_of_pandas_and_of_all_pairs(
    rows: list[tuple[float | None, float]],
) -> None:
    found = association([value for value, _ in rows], [label for _, label in rows])
    known = pd.DataFrame([row for row in rows if row[0] is not None], columns=["value", "label"], dtype=float)
    if len(known) < FEWEST_ROWS:
        assert found == Association()
        return
    for method, figure in (("pearson", found.pearson), ("spearman", found.spearman)):
        both = known.rank() if method == "spearman" else known
        expected = both.value.corr(both.label) if known.nunique().min() > 1 else None
        assert figure == (expected if expected is None else pytest.approx(expected, abs=1e-6))
    labels = sorted(known.label.unique())
    positive = known.label == labels[-1] if len(labels) == 2 else known.label != 0
    if 10 <= positive.sum() <= len(known) - 10:
        assert found.auc == pytest.approx(area_under_curve(list(known.value), list(positive)))
    else:
        assert found.auc is None


@settings(max_examples=30)
@given(st.lists(numbers, min_size=1, max_size=60), st.lists(numbers, min_size=1, max_size=60))
def test_the_index_between_splits_is_that_of_plain_bins(
    train: list[float | None], test: list[float | None]
) -> None:
    table = sample(
        f=pa.array([*train, *test], pa.float64()), split=["train"] * len(train) + ["test"] * len(test)
    )
    found = figures_of("f", table, table["split"].combine_chunks(), None)
    assert found.psi == {"test": pytest.approx(stability_index(train, test), abs=1e-9)}


def test_texts_are_compared_value_by_value_and_with_the_mean_label_of_each() -> None:
    texts = ["a", "b", "c", None] * 20
    assert category_index(pa.array(texts), pa.array(texts[::-1])) == 0
    assert category_index(pa.array(["a", None]), pa.array(["a", "a"])) > 1
    assert association(texts, [0.0, 5.0, 9.0, 1.0] * 20).is_alarming
    assert not association(texts, [float(n % 7) for n in range(80)]).is_alarming
    # As many values as rows tell every label apart, and nothing of it; nor does a text that never changes.
    for nothing in ([str(n) for n in range(80)], ["a"] * 80):
        assert association(nothing, [float(n % 7) for n in range(80)]) == Association(auc=0.5)


@pytest.mark.parametrize("kind", [bool, int, float])
def test_the_label_under_another_name_is_alarming_and_a_constant_is_not(kind: type) -> None:
    label = [float(n % 2) for n in range(60)]
    assert association([kind(value) for value in label], label).is_alarming
    assert association([kind(1 - value) for value in label], label).is_alarming
    assert association([kind(1)] * 60, label) == Association(auc=0.5)
    assert association([float("inf"), float("nan")] * 30, label) == Association()


def test_of_several_labels_the_one_is_named_that_a_column_gives_away() -> None:
    times = [START + timedelta(days=n) for n in range(60)]
    table = sample(f=[float(n % 2) for n in range(60)], feature_time=list(times))
    split = table["split"].combine_chunks()
    gone, revenue = table["f"].combine_chunks(), pa.array([float(n * n % 7) for n in range(60)])
    labels = {"label_revenue": revenue, "label_gone": gone}
    both = table.append_column("label_revenue", revenue).append_column("label_gone", gone)
    found = Figures(
        sampled_every=1,
        overlaps=(),
        labels=tuple(figures_of(name, both, split, None) for name in labels),
        features=(figures_of("f", both, split, labels),),
        periods=read_periods(both, labels, ["f"]),
    )
    (alert,) = found.alerts
    assert alert.startswith("f is as good as label_gone by itself (correlation 1.000")
    (feature,) = found.as_manifest()["features"]
    assert set(feature["labels"]) == set(labels)
    assert feature["labels"]["label_gone"]["auc"] == 1


def test_a_label_of_few_values_is_told_by_their_shares() -> None:
    table = sample(churned=[True, True, False, None], split=["train", "train", "test", "test"])
    found = figures_of("churned", table, table["split"].combine_chunks(), None)
    assert found.classes == {"train": {"false": 0, "true": 1}, "test": {"false": 0.5, "true": 0}}
    assert found.by_split()["test"] == {"rows": 2, "classes": {"false": 0.5, "true": 0}}
    for values in ([2.0, float("nan"), 1.0], [float("nan"), 1.0, 2.0]):
        odd = figures_of("label", sample(label=values), pa.array(["train"] * 3), None)
        assert list((odd.classes or {})["train"]) == ["1", "2", "nan"]
    many = sample(label=[float(n) for n in range(11)])
    told = figures_of("label", many, many["split"].combine_chunks(), None)
    assert told.classes is None
    percentiles = {"0.25": 2.0, "0.5": 5.0, "0.75": 8.0, "0.95": 10.0}
    assert told.by_split() == {
        "train": {"rows": 11, "zero_share": 0.090909, "percentiles": percentiles, "maximum": 10.0}
    }


def test_periods_have_label_zeros_and_missing_shares_by_split() -> None:
    times = [START, START + timedelta(days=70), START + timedelta(days=70, hours=1)]
    table = pa.table(
        {
            "feature_time": pa.array(times, pa.timestamp("us", "UTC")),
            "split": ["train", "test", "test"],
            "f": [None, 1, None],
        }
    )
    first, second = read_periods(table, {"y": pa.array([4.0, 0.0, 3.0])}, ["f"])
    assert (first.start, first.split, first.rows, first.missing) == (date(2024, 1, 29), "train", 1, {"f": 1})
    assert (second.label_means, second.zero_shares, second.missing) == ({"y": 1.5}, {"y": 0.5}, {"f": 0.5})
    assert read_periods(table.slice(0, 0), {}, ["f"]) == ()


@given(st.timedeltas(timedelta(0), timedelta(days=365 * 14)))
def test_there_are_never_too_many_periods(span: timedelta) -> None:
    days = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
    assert span / timedelta(days=days[unit_for(START, START + span)]) <= MOST_PERIODS
