"""An outside training set against the features that could be known at its times.

A value that differs is also compared with the feature at later instants: where it is what was known only
then, the outside set knows its future.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from ready.api.point_in_time import features_of_spine
from ready.definition.column_roles import KEY
from ready.errors import UnknownCustomers, UsageError
from ready.settings import Settings

LATER = {
    "the instant itself": timedelta(microseconds=1),
    "1 day later": timedelta(days=1),
    "7 days later": timedelta(days=7),
    "30 days later": timedelta(days=30),
    "90 days later": timedelta(days=90),
    "365 days later": timedelta(days=365),
}
"""By how much later than a row's time its value is looked for."""
CLOSE = 1e-9
"""Numbers are equal up to this share of the larger one: others compute in floating point."""
CLOSE_IN = {"float": 2**-22, "halffloat": 2**-9}
"""The same where a column has fewer digits."""


@dataclass(frozen=True)
class Example:
    """A row that differs: what the outside set has, and what could be known."""

    customer_id: str
    time: datetime
    theirs: Any
    known: Any


@dataclass(frozen=True)
class ColumnAudit:
    """rows that differ of all; later: of these, how many have the value of each later instant, if any."""

    column: str
    feature: str
    rows: int
    differ: int
    later: dict[str, int]
    example: Example | None


@dataclass(frozen=True)
class Audit:
    """unknown: a text on customers that the data do not have. not_compared: columns without a feature."""

    feature_version: int
    rows: int
    columns: tuple[ColumnAudit, ...]
    not_compared: tuple[str, ...]
    unknown: str | None

    @property
    def same(self) -> bool:
        return not any(column.differ for column in self.columns)


def audit(
    settings: Settings,
    file: Path,
    *,
    customer: str = KEY[0],
    time: str = KEY[1],
    columns: Mapping[str, str] | None = None,
) -> Audit:
    """Compare a Parquet file's columns with the published features at the same customers and times.

    customer, time: the names of its keys; times without a zone are UTC. columns: feature by column, where the
    names are not the same. Raises UsageError for a file that cannot be read or has nothing to compare,
    MachineError when the database does not answer.
    """
    table = _read(file, customer, time)
    spine = pa.table({KEY[0]: table[customer], KEY[1]: table[time]})
    known, unknown = _features(settings, spine)
    spine = known.select(KEY)
    pairs = _pairs(table.drop_columns([customer, time]), known, columns or {})
    comparable = {
        column: _comparable(column, table[column], known[feature]) for column, feature in pairs.items()
    }
    close = {column: CLOSE_IN.get(str(table[column].type), CLOSE) for column in pairs}
    unequal = {
        column: _differs(comparable[column], known[feature], close[column])
        for column, feature in pairs.items()
    }
    any_differs = pc.indices_nonzero(reduce(pc.or_, unequal.values()))
    at_fault = {column: comparable[column].take(any_differs) for column in pairs}
    counts: dict[str, dict[str, int]] = {column: {} for column in pairs}
    for name, shift in LATER.items() if len(any_differs) else ():
        later, _ = _features(settings, _shifted(spine.take(any_differs), shift))
        for column, feature in pairs.items():
            still = unequal[column].take(any_differs)
            agree = pc.and_(still, pc.invert(_differs(at_fault[column], later[feature], close[column])))
            counts[column][name] = pc.sum(agree).as_py() or 0
    found = tuple(
        ColumnAudit(
            column,
            feature,
            len(spine),
            pc.sum(unequal[column]).as_py() or 0,
            {name: count for name, count in counts[column].items() if count},
            _example(spine, table[column], known[feature], unequal[column]),
        )
        for column, feature in pairs.items()
    )
    others = [name for name in table.column_names if name not in (customer, time, *pairs)]
    version = int((known.schema.metadata or {})[b"feature_version"])
    return Audit(version, len(spine), found, tuple(others), unknown)


def _read(file: Path, customer: str, time: str) -> pa.Table:
    if not file.is_file():
        raise UsageError(f"there is no file {file}", hint="check the spelling of the path")
    try:
        table = pa.parquet.read_table(file)
    except (OSError, pa.ArrowException) as error:
        raise UsageError(
            f"{file} cannot be read as Parquet: {error}",
            hint="name a Parquet file, such as pandas.DataFrame.to_parquet writes",
        ) from None
    if not len(table):
        raise UsageError(f"{file} has no rows", hint="name a file with the rows that a model is trained on")
    lost = [name for name in (customer, time) if name not in table.column_names]
    if lost:
        raise UsageError(
            f"{file} has no column {', '.join(lost)}, but {', '.join(table.column_names)}",
            hint="name its keys by --customer and --time",
        )
    return table


def _features(settings: Settings, spine: pa.Table) -> tuple[pa.Table, str | None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UnknownCustomers)
        features = features_of_spine(settings, spine, exact=False).table
    return features, next((str(warning.message) for warning in caught), None)


def _pairs(table: pa.Table, known: pa.Table, columns: Mapping[str, str]) -> dict[str, str]:
    """Column -> the feature that it is compared with."""
    features = [name for name in known.column_names if name not in KEY]
    lost = [f"the file has no column {name}" for name in columns if name not in table.column_names]
    lost += [f"there is no feature {name}" for name in columns.values() if name not in features]
    pairs = {name: name for name in table.column_names if name in features} | dict(columns)
    if lost or not pairs:
        raise UsageError(
            "; ".join(lost) or "no column of the file has the name of a feature",
            hint=f"name pairs by --column THEIRS=FEATURE, of the features {', '.join(features)}",
        )
    return pairs


def _comparable(name: str, theirs: pa.ChunkedArray, known: pa.ChunkedArray) -> pa.ChunkedArray:
    """As text or numbers, as the feature is."""
    try:
        return theirs.cast(pa.string()) if _is_text(known) else _as_numbers(theirs)
    except pa.ArrowException:
        kind = "text" if _is_text(known) else "a number"
        raise UsageError(
            f"column {name} is {theirs.type}, and its feature is {kind}: they cannot be compared",
            hint=f"write {name} as {kind}, or name another pair by --column THEIRS=FEATURE",
        ) from None


def _differs(theirs: pa.ChunkedArray, known: pa.ChunkedArray, close: float) -> pa.ChunkedArray:
    """Truth by row; two missing values are the same, NaN is a missing number. theirs: comparable.

    close: numbers are the same up to this share of the larger one, if it is finite.
    """
    if _is_text(known):
        same = pc.equal(theirs, known.cast(pa.string()))
    else:
        numbers = _as_numbers(known)
        largest = pc.max_element_wise(pc.abs(theirs), pc.abs(numbers))
        near = pc.less_equal(pc.abs(pc.subtract(theirs, numbers)), pc.multiply(largest, close))
        same = pc.and_(near, pc.is_finite(largest))
    both_missing = pc.and_(theirs.is_null(), known.is_null())
    return pc.invert(pc.or_(pc.fill_null(same, False), both_missing))


def _is_text(values: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_dictionary(values.type) or pa.types.is_string(values.type))


def _as_numbers(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Raises pa.ArrowException for what is none."""
    numbers = (values.cast(pa.int8()) if pa.types.is_boolean(values.type) else values).cast(pa.float64())
    return pc.if_else(pc.is_nan(numbers), None, numbers)


def _shifted(spine: pa.Table, by: timedelta) -> pa.Table:
    return pa.table({KEY[0]: spine[KEY[0]], KEY[1]: pc.add(spine[KEY[1]], pa.scalar(by, pa.duration("us")))})


def _example(
    spine: pa.Table, theirs: pa.ChunkedArray, known: pa.ChunkedArray, unequal: pa.ChunkedArray
) -> Example | None:
    first = pc.index(unequal, True).as_py()
    if first < 0:
        return None
    customer_id, time = (spine[name][first].as_py() for name in KEY)
    return Example(customer_id, time, theirs[first].as_py(), known[first].as_py())
