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

from ready.api.point_in_time import Computed, compute
from ready.database.query import connected
from ready.dataset.model_types import as_model, model_schema
from ready.definition.column_roles import FEATURE_SET, KEY
from ready.errors import UnknownCustomers, UsageError, nothing_built
from ready.label_sets.point_in_time import all_queries
from ready.recorded.registry import find_current
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
    """feature: its name, with its set before it where that is not customer_features.

    rows that differ of all; later: of these, how many have the value of each later instant, if any.
    """

    column: str
    feature: str
    rows: int
    differ: int
    later: dict[str, int]
    example: Example | None


@dataclass(frozen=True)
class Audit:
    """feature_version: of customer_features; versions: of each set of which features were compared.
    unknown: a text on customers that the data do not have. not_compared: columns without a feature."""

    feature_version: int
    versions: dict[str, int]
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
    served = _served(settings)
    pairs = _pairs(table.drop_columns([customer, time]), served, columns or {})
    sets = list(dict.fromkeys(feature.feature_set for feature in pairs.values()))
    computed = compute(settings, spine, sets)
    known = _known(computed, pairs)
    spine = pa.table({KEY[0]: computed.spine.ids, KEY[1]: computed.spine.instants})
    comparable = {column: _comparable(column, table[column], known[column]) for column in pairs}
    close = {column: CLOSE_IN.get(str(table[column].type), CLOSE) for column in pairs}
    unequal = {column: _differs(comparable[column], known[column], close[column]) for column in pairs}
    any_differs = pc.indices_nonzero(reduce(pc.or_, unequal.values()))
    at_fault = {column: comparable[column].take(any_differs) for column in pairs}
    counts: dict[str, dict[str, int]] = {column: {} for column in pairs}
    for name, shift in LATER.items() if len(any_differs) else ():
        later = _known(compute(settings, _shifted(spine.take(any_differs), shift), sets), pairs)
        for column in pairs:
            still = unequal[column].take(any_differs)
            agree = pc.and_(still, pc.invert(_differs(at_fault[column], later[column], close[column])))
            counts[column][name] = pc.sum(agree).as_py() or 0
    found = tuple(
        ColumnAudit(
            column,
            str(feature),
            len(spine),
            pc.sum(unequal[column]).as_py() or 0,
            {name: count for name, count in counts[column].items() if count},
            _example(spine, table[column], known[column], unequal[column]),
        )
        for column, feature in pairs.items()
    )
    others = [name for name in table.column_names if name not in (customer, time, *pairs)]
    return Audit(
        served[FEATURE_SET].version, computed.versions, len(spine), found, tuple(others), _unknown(computed)
    )


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


@dataclass(frozen=True)
class _Feature:
    feature_set: str
    name: str

    def __str__(self) -> str:
        return self.name if self.feature_set == FEATURE_SET else f"{self.feature_set}.{self.name}"


@dataclass(frozen=True)
class _Set:
    """names: of its features."""

    version: int
    names: tuple[str, ...]


def _served(settings: Settings) -> dict[str, _Set]:
    """The sets that can be computed at any instant, by name."""
    served = {}
    with connected(settings) as connection:
        for query in all_queries(connection, settings):
            name = query["feature_set"]
            current = find_current(connection, settings, name)
            names = [column["name"] for column in current["columns"]] if current else []
            served[name] = _Set(query["feature_version"], tuple(one for one in names if one not in KEY))
    if FEATURE_SET not in served:
        raise nothing_built(FEATURE_SET)
    return served


def _known(computed: Computed, pairs: Mapping[str, _Feature]) -> dict[str, pa.ChunkedArray]:
    """By column the values of its feature, of the types for models."""
    tables = {
        name: as_model(table, model_schema(table.schema, table.schema.names))
        for name, table in computed.tables.items()
    }
    return {column: tables[feature.feature_set][feature.name] for column, feature in pairs.items()}


def _unknown(computed: Computed) -> str | None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UnknownCustomers)
        computed.warn_of_unknown(stacklevel=1)
    return next((str(warning.message) for warning in caught), None)


def _pairs(table: pa.Table, served: Mapping[str, _Set], columns: Mapping[str, str]) -> dict[str, _Feature]:
    """Column -> the feature that it is compared with."""
    lost = [f"the file has no column {name}" for name in columns if name not in table.column_names]
    asked = {name: name for name in table.column_names} | dict(columns)
    pairs = {}
    for column, name in asked.items():
        found = _features_called(name, served)
        if not found and column in columns:
            lost.append(f"there is no feature {name}")
        elif len(found) > 1:
            lost.append(f"{name} is a feature of several sets: {', '.join(map(str, found))}")
        elif found:
            pairs[column] = found[0]
    if lost or not pairs:
        features = [str(_Feature(name, feature)) for name, one in served.items() for feature in one.names]
        raise UsageError(
            "; ".join(lost) or "no column of the file has the name of a feature",
            hint=f"name pairs by --column THEIRS=FEATURE, of the features {', '.join(features)}",
        )
    return pairs


def _features_called(name: str, served: Mapping[str, _Set]) -> list[_Feature]:
    """name: of a feature, or with its set before it."""
    feature_set, _, feature = name.rpartition(".")
    sets = [feature_set] if feature_set else list(served)
    return [_Feature(one, feature) for one in sets if one in served and feature in served[one].names]


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
