"""`ds.join_onto(spine)`: the newest row at or before each instant, as a plain search finds it."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from arrow_training_set import FEATURES, export, sample
from hypothesis import given, settings
from hypothesis import strategies as st

import ready
from ready.errors import UnknownCustomers, UsageError

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
INSTANTS = st.builds(
    lambda month, shift: START + timedelta(days=30 * month, microseconds=shift),
    st.integers(-1, 11),
    st.sampled_from([-1, 0, 1, 86_400_000_000]),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(sample(customers=5), tmp_path_factory.mktemp("datasets") / "v1")


@pytest.fixture(scope="module")
def ds(folder: Path) -> ready.Dataset:
    return ready.load_dataset(path=folder)


def searched(ds: ready.Dataset, customer: str, instant: datetime) -> dict[str, Any]:
    """The oracle: every row is looked at."""
    found: dict[str, Any] = {}
    for row in ds.table.to_pylist():
        if row["customer_id"] == customer and row["feature_time"] <= instant:
            found = max(
                found,
                row,
                key=lambda each: each.get("feature_time", datetime.min.replace(tzinfo=timezone.utc)),
            )
    return {"as_of_time": found.get("feature_time"), **{name: found.get(name) for name in FEATURES}}


@given(keys=st.lists(st.tuples(st.sampled_from(["C00", "C02", "C04", "nobody"]), INSTANTS), max_size=12))
@settings(max_examples=60)
def test_each_row_gets_what_a_search_finds(ds: ready.Dataset, keys: list[tuple[str, datetime]]) -> None:
    spine = pa.table(
        {"customer_id": pa.array([key[0] for key in keys], pa.string()),
         "feature_time": pa.array([key[1] for key in keys], pa.timestamp("us", tz="UTC")),
         "weight": pa.array(range(len(keys)))}
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownCustomers)
        joined = ds.join_onto(spine)
    assert joined.to_pylist() == [
        {**row, **searched(ds, row["customer_id"], row["feature_time"])} for row in spine.to_pylist()
    ]


def test_a_row_is_used_at_its_own_instant_and_not_a_microsecond_before(ds: ready.Dataset) -> None:
    at, before = START, START - timedelta(microseconds=1)
    joined = ds.join_onto({"customer_id": ["C02", "C02"], "feature_time": [at, before]})
    assert joined["as_of_time"].to_pylist() == [at, None]
    assert joined["orders_30d"].to_pylist() == [2, None]


def test_a_split_without_rows_joins_nothing(folder: Path) -> None:
    empty = ready.Dataset(ready.load_dataset(path=folder).table.slice(0, 0), output="arrow", source="nowhere")
    with pytest.warns(
        UnknownCustomers, match="1 of 1 customer ids of the spine have no row in this data set"
    ):
        joined = empty.join_onto({"customer_id": ["C02"], "feature_time": [START]})
    assert joined["revenue_30d"].to_pylist() == [None]


def test_pandas_keeps_its_index_and_types_and_takes_nanoseconds(folder: Path) -> None:
    """pandas 2.3 refuses a merge_asof of a spine in ns on times in us."""
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    ds = ready.load_dataset(path=folder, output="pandas")
    spine = pd.DataFrame(
        {
            "customer_id": pd.Categorical(["C03", "C01", "C03"]),
            "at": pd.to_datetime([1704067200000000001, 1704067199999999999, -1], unit="ns"),
            "weight": pd.array([1, None, 3], "Int64"),
        },
        index=pd.Index([9, 4, 7], name="order"),
    )
    joined = ds.join_onto(spine, time="at")
    pd.testing.assert_frame_equal(joined[list(spine)], spine)
    assert joined["as_of_time"].tolist() == [pd.Timestamp(START), pd.NaT, pd.NaT]
    assert joined["orders_30d"].tolist() == [3, pd.NA, pd.NA]
    assert list(joined) == [*spine, "as_of_time", *FEATURES]
    assert str(joined["channel"].dtype) == "category"
    if pd.__version__ < "3":
        with pytest.raises(pd.errors.MergeError, match="incompatible merge keys"):
            pd.merge_asof(
                spine.assign(at=spine["at"].dt.tz_localize("UTC")).sort_values("at"),
                ds.X.assign(at=ds.times).sort_values("at"),
                on="at",
            )


def test_polars_takes_polars(folder: Path) -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    ds = ready.load_dataset(path=folder, output="polars")
    joined = ds.join_onto(pl.DataFrame({"customer_id": ["C02"], "feature_time": [START]}))
    assert joined["orders_30d"].to_list() == [2]


def test_text_is_a_time_and_other_ids_are_reported(ds: ready.Dataset) -> None:
    with pytest.warns(UnknownCustomers) as caught:
        joined = ds.join_onto(
            {"customer_id": [2, 3], "feature_time": ["2024-01-01", "2024-01-01T01:00+01:00"]}
        )
    assert str(caught[0].message) == (
        "2 of 2 customer ids of the spine have no row in this data set, such as '2'; "
        "those that have one are such as 'C00'; the spine has int64, and ids are text"
    )
    assert caught[0].filename == __file__
    assert joined["as_of_time"].null_count == 2


def test_a_column_of_a_feature_is_refused(ds: ready.Dataset) -> None:
    with pytest.raises(UsageError, match="the features bring: as_of_time, revenue_30d"):
        ds.join_onto({"customer_id": ["a"], "feature_time": [START], "revenue_30d": [1], "as_of_time": [1]})
