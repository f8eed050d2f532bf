"""Features at any instants: the recorded query of the feature set, run on a table of the caller's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute

from ready.api.table import Table
from ready.column_roles import FEATURE_SET, KEY
from ready.errors import UsageError
from ready.model_types import INSTANT, as_model, model_schema
from ready.query import connected, select_rows
from ready.settings import Settings


class ArrowStream(Protocol):
    """A table of Arrow, pandas (2.2 or newer), Polars, DuckDB and others."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


def features_of_spine(settings: Settings, spine: ArrowStream | Mapping[str, Any], *, exact: bool) -> Table:
    """See ready.features_at."""
    keys = _keys(spine)
    with connected(settings) as connection:
        recorded = _recorded_query(connection, settings)
        numbered = keys.add_column(0, "ordinal", pa.array(range(len(keys)), pa.int64()))
        features = _on(settings.target)(connection, recorded, numbered)
    if not exact:
        features = as_model(features, model_schema(features.schema, features.schema.names))
    for position, name in enumerate(KEY):
        features = features.add_column(position, name, keys[name])
    identity = {"feature_set": FEATURE_SET, "feature_version": str(recorded["feature_version"])}
    return Table(features.replace_schema_metadata(identity))


def _recorded_query(connection: Any, settings: Settings) -> dict[str, Any]:
    """feature_version, that the tables hold, its query over a table `spine`, and planner_settings for it."""
    rows = select_rows(
        connection,
        settings,
        "select feature_version, planner_settings, query from {meta}.current_versions "
        "join {meta}.feature_queries using (feature_set, feature_version) "
        "where feature_set = %(feature_set)s",
        {"feature_set": FEATURE_SET},
    )
    if not rows:
        raise UsageError(f"no version of {FEATURE_SET} has been built yet", hint="build it with: ready run")
    return rows[0]


def _on(target: str) -> Callable[[Any, dict[str, Any], pa.Table], pa.Table]:
    if target == "spark":
        from ready.spark.point_in_time import features_of
    else:
        from ready.postgres.point_in_time import features_of
    return features_of


def _keys(spine: Any) -> pa.Table:
    """customer_id as text and feature_time as instants, checked."""
    try:
        table = spine if isinstance(spine, pa.Table) else pa.table(spine)
    except (TypeError, ValueError, OverflowError, pa.ArrowException) as error:
        raise UsageError(
            f"the spine cannot be read as a table: {error}",
            hint="give a pandas or Polars DataFrame, a pyarrow Table or a dict of lists",
        ) from None
    # pandas gives an index that is not just a count of rows as a column without a name of its own.
    _check_columns([name for name in table.column_names if not name.startswith("__index_level_")])
    keys = pa.table([_text(table["customer_id"]), _instants(table["feature_time"])], names=KEY)
    for name in KEY:
        _check_complete(name, keys[name])
    return keys


def _check_columns(names: list[str]) -> None:
    missing = [name for name in KEY if name not in names]
    surplus = [name for name in names if name not in KEY]
    problems = [f"has no column {', '.join(missing)}"] * bool(missing)
    problems += [f"has more columns than it should: {', '.join(surplus)}"] * bool(surplus)
    if problems:
        raise UsageError(
            f"the spine {' and '.join(problems)}", hint=f"select the columns {' and '.join(KEY)}"
        )


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    is_text = str(kind) in ("string", "large_string", "string_view")
    if not (is_text or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        raise UsageError(
            f"customer_id of the spine is {kind}", hint="give it as text, as the CSV files have it"
        )
    return column.cast(pa.string())


def _instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_null(kind)):
        raise UsageError(
            f"feature_time of the spine is {kind}", hint="give timestamps, such as pandas.to_datetime makes"
        )
    try:
        return column.cast(pa.timestamp("us", tz=getattr(kind, "tz", None))).cast(INSTANT)
    except pa.ArrowInvalid as error:
        raise UsageError(
            f"feature_time of the spine cannot be held in microseconds: {error}",
            hint="round it to microseconds",
        ) from None


def _check_complete(name: str, column: pa.ChunkedArray) -> None:
    if column.null_count:
        first = pa.compute.index(column.is_null(), True).as_py()
        raise UsageError(
            f"the spine has {column.null_count} row(s) without {name}, first at position {first} (from 0)"
        )
