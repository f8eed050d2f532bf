"""Looks into the database for a report. It never fails: what cannot be read is missing there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg2
import psycopg2.extras

from ready.database.query import is_postgres
from ready.errors import ReadyError
from ready.spark.connection import spark_errors
from ready.spark.dialect import as_spark

# A report must come out even when a query is slow; what is not ready by then is left out.
STATEMENT_TIMEOUT_S = 60

Connect = Callable[[], Any]  # psycopg2's connection, or PyHive's


class Inspector:
    """Read-only queries; each gives None when it fails or there is no database."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._on_spark = connection is not None and not is_postgres(connection)

    def rows(self, sql: str | None, *, limit: int | None = None) -> list[dict[str, Any]] | None:
        """The rows as dicts. `sql` is PostgreSQL's, on Spark translated; no parameters: % stays as it is."""
        return self.rows_of_compiled(as_spark(sql) if sql and self._on_spark else sql, limit=limit)

    def rows_of_compiled(self, sql: str | None, *, limit: int | None = None) -> list[dict[str, Any]] | None:
        """The same for what dbt has compiled for the engine."""
        if self._connection is None or not sql:
            return None
        bounded = sql if limit is None else f"select * from (\n{sql}\n) as listed limit {limit}"
        try:
            return self._spark_rows(bounded) if self._on_spark else self._postgres_rows(bounded)
        except (ReadyError, psycopg2.Error):
            return None

    def _postgres_rows(self, sql: str) -> list[dict[str, Any]]:
        with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(sql)
            return [dict(row) for row in cursor.fetchall()]

    def _spark_rows(self, sql: str) -> list[dict[str, Any]]:
        from ready.spark.query import rows_of

        return rows_of(self._connection, sql)

    def value(self, sql: str | None) -> Any:
        """The first value of the first row."""
        rows = self.rows(sql)
        return next(iter(rows[0].values())) if rows else None

    def count_of_compiled(self, sql: str) -> int | None:
        rows = self.rows_of_compiled(f"select count(*) as n from (\n{sql}\n) as failing")
        return int(rows[0]["n"]) if rows else None

    def counts(self, relation: str, conditions: Iterable[str]) -> dict[str, int | None]:
        """Condition -> its rows ("" for all), in one scan where every condition is sound."""
        distinct = list(dict.fromkeys(conditions))
        counted = ", ".join(f"count(*) filter (where {c or 'true'}) as n{i}" for i, c in enumerate(distinct))
        rows = self.rows(f"select {counted} from {relation}") if distinct else []
        if rows:
            return dict(zip(distinct, rows[0].values(), strict=True))
        return {c: self.value(f"select count(*) from {relation} where {c or 'true'}") for c in distinct}


@contextlib.contextmanager
def inspecting(connect: Connect | None) -> Iterator[Inspector]:
    connection = _open(connect)
    try:
        yield Inspector(connection)
    finally:
        if connection is not None:
            with contextlib.suppress(ReadyError, psycopg2.Error), spark_errors():
                connection.close()


def _open(connect: Connect | None) -> Any:
    try:
        connection = connect() if connect else None
        if is_postgres(connection):
            connection.set_session(readonly=True, autocommit=True)
            with connection.cursor() as cursor:
                cursor.execute(f"set statement_timeout = '{STATEMENT_TIMEOUT_S}s'")
    except (ReadyError, psycopg2.Error):
        return None
    return connection
