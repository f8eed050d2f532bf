"""Looks into the database for a report. It never fails: what cannot be read is missing there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg2
import psycopg2.extensions
import psycopg2.extras

from ready.errors import ReadyError

# A report must come out even when a query is slow; what is not ready by then is left out.
STATEMENT_TIMEOUT_S = 60

Connect = Callable[[], psycopg2.extensions.connection]


class Inspector:
    """Read-only queries; each gives None when it fails or there is no database."""

    def __init__(self, connection: psycopg2.extensions.connection | None) -> None:
        self._connection = connection

    def rows(self, sql: str | None, *, limit: int | None = None) -> list[dict[str, Any]] | None:
        """The rows as dicts. `sql` stands as it is: no parameters, so % needs no doubling."""
        if self._connection is None or not sql:
            return None
        bounded = sql if limit is None else f"select * from (\n{sql}\n) as listed limit {limit}"
        try:
            with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                cursor.execute(bounded)
                return [dict(row) for row in cursor.fetchall()]
        except psycopg2.Error:
            return None

    def value(self, sql: str | None) -> Any:
        """The first value of the first row."""
        rows = self.rows(sql)
        return next(iter(rows[0].values())) if rows else None

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
            with contextlib.suppress(psycopg2.Error):
                connection.close()


def _open(connect: Connect | None) -> psycopg2.extensions.connection | None:
    try:
        connection = connect() if connect else None
        if connection is not None:
            connection.set_session(readonly=True, autocommit=True)
            with connection.cursor() as cursor:
                cursor.execute(f"set statement_timeout = '{STATEMENT_TIMEOUT_S}s'")
    except (ReadyError, psycopg2.Error):
        return None
    return connection
