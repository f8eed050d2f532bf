"""Features at any instants: the recorded query of the feature set, run on a table of the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any, Protocol

import psycopg2
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ready.api.table import Table
from ready.arrow import EXACT_TEXT, BatchSink
from ready.database import open_database
from ready.errors import UsageError
from ready.postgres.stored_table import table_schema
from ready.settings import Settings
from ready.training_set import KEY
from ready.transactions import reading

FEATURE_SET = "customer_features"
INSTANT = pa.timestamp("us", tz="UTC")


class ArrowStream(Protocol):
    """A table of Arrow, pandas (2.2 or newer), Polars, DuckDB and others."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


def features_at(spine: ArrowStream | Mapping[str, Any]) -> Table:
    """What was known of each customer strictly before each instant.

    spine: a table with the columns customer_id (text or integers) and feature_time (timestamps, or
    dates for their midnight; UTC where no time zone is given), such as a pandas or Polars DataFrame,
    a pyarrow Table, or a dict of lists.

    Gives customer_id, feature_time (UTC, microseconds) and the features as they are defined in the
    current version, in the order of the spine, one row for each row, repeated ones too. Where a
    customer had bought nothing before, or is unknown, counts and sums are 0 and the others null.
    `active_within` of the configuration leaves no row out here. The orders are those that are
    staged now, so the result at the training set's own feature times equals `feats.customer_features`.

    Raises UsageError for a spine that is none or when nothing was built yet, MachineError when the
    database fails.
    """
    keys = _keys(spine)
    settings = Settings.resolve()
    if settings.target == "spark":
        raise UsageError(
            "features_at is not available on Spark yet", hint="use PostgreSQL: READY_TARGET=postgres"
        )
    with closing(open_database(settings).connect()) as connection, reading(connection) as cursor:
        version, planner_settings, query = _recorded_query(cursor, settings)
        _copy_in(cursor, keys)
        cursor.execute(f"{EXACT_TEXT}; {planner_settings}")
        features = _run(cursor, query)
    for position, name in enumerate(KEY):
        features = features.add_column(position, name, keys[name])
    identity = {"feature_set": FEATURE_SET, "feature_version": str(version)}
    return Table(features.replace_schema_metadata(identity))


def _recorded_query(cursor: Cursor, settings: Settings) -> tuple[int, str, str]:
    """The version that the tables hold, the planner settings and the query over a table `spine`."""
    meta = sql.Identifier(settings.schema("meta"))
    cursor.execute(
        sql.SQL(
            "select feature_version, planner_settings, query from {}.current_versions "
            "join {}.feature_queries using (feature_set, feature_version) where feature_set = %s"
        ).format(meta, meta),
        [FEATURE_SET],
    )
    row = cursor.fetchone()
    if row is None:
        raise UsageError(f"no version of {FEATURE_SET} has been built yet", hint="build it with: ready run")
    version, planner_settings, query = row
    return version, planner_settings, query


def _copy_in(cursor: Cursor, keys: pa.Table) -> None:
    cursor.execute(
        "create temporary table spine (ordinal bigint, customer_id text, feature_time timestamptz)"
    )
    numbered = keys.add_column(0, "ordinal", pa.array(range(len(keys)), pa.int64()))
    text = pa.BufferOutputStream()
    pa.csv.write_csv(numbered, text, pa.csv.WriteOptions(include_header=False))
    try:
        cursor.copy_expert(
            "copy spine from stdin (format csv, encoding 'UTF8')", pa.BufferReader(text.getvalue()), 1 << 20
        )
    except psycopg2.DataError as error:
        raise UsageError(f"the spine does not fit into the database: {error.diag.message_primary}") from None


def _run(cursor: Cursor, query: str) -> pa.Table:
    # As a view, whose columns have their exact types; it also locks its tables before they are read.
    cursor.execute(f"create temporary view features_at as {query}")
    schema = table_schema(cursor, sql.Identifier("pg_temp", "features_at"))
    parts = [schema.empty_table()]
    with BatchSink(schema, parts.append) as sink:
        cursor.copy_expert("copy (select * from features_at) to stdout (format csv, encoding 'UTF8')", sink)
    return pa.concat_tables(parts)


def _keys(spine: Any) -> pa.Table:
    """customer_id as text and feature_time as instants, checked."""
    try:
        table = spine if isinstance(spine, pa.Table) else pa.table(spine)
    except (TypeError, ValueError, pa.ArrowException) as error:
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
