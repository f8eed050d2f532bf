"""A training set's table on PostgreSQL, streamed by COPY: memory holds two batches of however many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ready.database.transactions import reading
from ready.dataset.arrow import EXACT_TEXT, BatchSink, arrow_schema

# As macros/engine/parallel_scan_settings.sql: what one process hands on is hashed and sorted in parallel.
PARALLEL_SCANS = "set local parallel_tuple_cost = 0.001"


@contextmanager
def stored_table(connection: Connection, schema: str, name: str) -> Iterator[PostgresTable]:
    """In a snapshot of its own, locked against a rebuild until its end."""
    table = sql.Identifier(schema, name)
    with reading(connection, snapshot=True) as cursor:
        # Locked before the snapshot is taken: a table that dbt replaces afterwards would look empty in it.
        cursor.execute(sql.SQL("lock table {} in access share mode").format(table))
        cursor.execute(f"{EXACT_TEXT}; {PARALLEL_SCANS}")
        yield PostgresTable(cursor, table)


class PostgresTable:
    """See ready.dataset.training_set.StoredTable."""

    def __init__(self, cursor: Cursor, table: sql.Composable) -> None:
        self.cursor = cursor
        self.table = table
        self.schema = table_schema(cursor, table)

    def columns(self) -> list[dict[str, str]]:
        """Name and type of each column, as PostgreSQL writes it."""
        return [{"name": name, "type": kind} for name, kind in _column_types(self.cursor, self.table)]

    def content_hash(self, columns: list[str], *, in_splits: bool = True) -> str:
        """Exact sums of md5 halves. Without the offset PostgreSQL would compute each md5 twice.

        in_splits: only of the rows that belong to a split.
        """
        self.cursor.execute(
            sql.SQL(
                "select md5(concat_ws('|', count(*), sum(('x' || left(digest, 16))::bit(64)::bigint), "
                "sum(('x' || right(digest, 16))::bit(64)::bigint))) "
                "from (select md5(row({})::text) as digest from {} where {} offset 0) as rows"
            ).format(
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                self.table,
                sql.SQL("split is not null" if in_splits else "true"),
            )
        )
        (digest,) = self.cursor.fetchone() or ("",)
        return str(digest)

    def null_counts(self, columns: list[str]) -> dict[str, int]:
        """See ready.dataset.training_set.StoredTable."""
        missing = sql.SQL(", ").join(
            sql.SQL("count(*) - count({})").format(sql.Identifier(c)) for c in columns
        )
        self.cursor.execute(sql.SQL("select {} from {} where split is not null").format(missing, self.table))
        return dict(zip(columns, self.cursor.fetchone() or (), strict=True))

    def values(self, column: str) -> pa.Array:
        """See ready.dataset.training_set.StoredTable."""
        self.cursor.execute(
            sql.SQL(
                'select distinct {0} collate "C" from {1} '
                "where split is not null and {0} is not null order by 1"
            ).format(sql.Identifier(column), self.table)
        )
        return pa.array([value for (value,) in self.cursor.fetchall()], pa.string())

    def sample(self, every: int) -> pa.Table:
        """See ready.dataset.training_set.StoredTable; drawn as macros/meta/feature_profiles.sql draws."""
        drawn = (
            " and mod(('x' || left(md5('profile|' || customer_id), 8))::bit(32)::bigint "
            "+ floor(extract(epoch from feature_time - timestamptz '2000-01-01Z') / 86400)::bigint, "
            f"{every}) = 0"
        )
        chosen = sql.SQL(f"split is not null{drawn if every > 1 else ''}")
        batches = [self.schema.empty_table()]
        self._copy_out(chosen, batches.append)
        return pa.concat_tables(batches)

    def read(self, split: str | None, consume: Callable[[pa.Table], None]) -> int:
        """In the order of the key's bytes, whatever the locale of the database."""
        chosen = sql.SQL("true" if split is None else "split = {}").format(sql.Literal(split))
        return self._copy_out(
            sql.SQL('{} order by customer_id collate "C", feature_time').format(chosen), consume
        )

    def _copy_out(self, chosen: sql.Composable, consume: Callable[[pa.Table], None]) -> int:
        """Hand on the rows of a condition, which may have an order behind it; returns how many."""
        statement = sql.SQL(
            "copy (select {columns} from {table} where {chosen}) to stdout (format csv, encoding 'UTF8')"
        ).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, self.schema.names)),
            table=self.table,
            chosen=chosen,
        )
        with BatchSink(self.schema, consume) as sink:
            self.cursor.copy_expert(statement, sink)
        return sink.rows


def table_schema(cursor: Cursor, table: sql.Composable) -> pa.Schema:
    """The Arrow schema of a table or view. Raises UsageError for a column without an exact type."""
    return arrow_schema(_column_types(cursor, table))


def _column_types(cursor: Cursor, table: sql.Composable) -> list[tuple[str, str]]:
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        [table.as_string(cursor)],
    )
    return cursor.fetchall()
