"""Features of a spine on PostgreSQL: copied in, and out again as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pyarrow as pa
import pyarrow.csv
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ready.database.transactions import reading
from ready.dataset.arrow import EXACT_TEXT, BatchSink
from ready.errors import UsageError
from ready.postgres.stored_table import table_schema


@contextmanager
def spine_table(connection: Connection, spine: pa.Table) -> Iterator[Callable[[dict[str, Any]], pa.Table]]:
    """See ready.point_in_time; in a transaction of its own."""
    with reading(connection) as cursor:
        _copy_in(cursor, spine)

        def features(recorded: dict[str, Any]) -> pa.Table:
            cursor.execute(f"{EXACT_TEXT}; {recorded['planner_settings']}")
            return _run(cursor, recorded["query"])

        yield features


def _copy_in(cursor: Cursor, spine: pa.Table) -> None:
    cursor.execute(
        "create temporary table spine (ordinal bigint, customer_id text, feature_time timestamptz)"
    )
    text = pa.BufferOutputStream()
    pa.csv.write_csv(spine, text, pa.csv.WriteOptions(include_header=False))
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
    cursor.execute("drop view features_at")
    return pa.concat_tables(parts)
