"""Labels and missing values over the feature times, in at most so many periods that a picture shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

MOST_PERIODS = 60
DAYS = {"day": 1, "week": 7, "month": 28, "quarter": 90}


@dataclass(frozen=True)
class Period:
    """The rows of a split with a feature time in [start, start + a unit).

    label_means, zero_shares: of each label that is a number, over the rows that have one; 0 to 1, None where
    none has. missing: of each feature the share of rows without a value.
    """

    start: date
    split: str
    rows: int
    label_means: dict[str, float | None]
    zero_shares: dict[str, float | None]
    missing: dict[str, float]


def unit_for(first: datetime, last: datetime) -> str:
    """The shortest of day, week, month, quarter and year that gives at most MOST_PERIODS."""
    span = (last - first) / timedelta(days=1)
    return next((unit for unit, days in DAYS.items() if span <= days * (MOST_PERIODS - 1)), "year")


def read_periods(
    sample: pa.Table, labels: Mapping[str, pa.Array], features: Sequence[str]
) -> tuple[Period, ...]:
    """By time. labels: as numbers, those that are."""
    if not len(sample):
        return ()
    times = sample["feature_time"].cast(pa.timestamp("us"))
    extremes = pc.min_max(times)
    unit = unit_for(extremes["min"].as_py(), extremes["max"].as_py())
    columns: dict[str, Any] = {
        "start": pc.floor_temporal(times, unit=unit),
        "split": sample["split"].cast(pa.string()),
    }
    for name, numbers in labels.items():
        columns[f"label {name}"] = numbers
        columns[f"zero {name}"] = pc.equal(numbers, 0.0).cast(pa.float64())
    for name in features:
        missing = pc.is_null(sample[name], nan_is_null=pa.types.is_floating(sample[name].type))
        columns[f"missing {name}"] = missing.cast(pa.float64())
    aggregates = [(name, "mean") for name in columns if name not in ("start", "split")]
    grouped = pa.table(columns).group_by(["start", "split"]).aggregate([*aggregates, ([], "count_all")])
    return tuple(
        Period(
            start=row["start"].date(),
            split=row["split"],
            rows=row["count_all"],
            label_means={name: row[f"label {name}_mean"] for name in labels},
            zero_shares={name: row[f"zero {name}_mean"] for name in labels},
            missing={name: row[f"missing {name}_mean"] for name in features},
        )
        for row in grouped.sort_by([("start", "ascending"), ("split", "descending")]).to_pylist()
    )
