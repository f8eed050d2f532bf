"""Two tables, row by row and column by column: how much differs, and the first row that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg2 import sql

from ready.build_state import Connection
from ready.proof.nearest import as_text

KEY = ("customer_id", "feature_time")


@dataclass(frozen=True)
class Difference:
    """What differs in one column, or in which rows there are (column None).

    rows: how many. key: of the first such row, in order of time. before, after: its value as text;
    for a row that is in one table only, `present` and `absent`.
    """

    column: str | None
    rows: int
    key: tuple[Any, ...]
    before: str | None
    after: str | None

    def __str__(self) -> str:
        *customer, time = self.key
        row = " ".join([*(f"customer {id}" for id in customer), f"at {as_text(time)}"])
        values = [text_of(value) for value in (self.before, self.after)]
        what = self.column or "the row itself"
        return f"{what}: {self.rows:,} row(s); first: {row} was {values[0]}, became {values[1]}"


def text_of(value: Any) -> str:
    """A value as the reports write it."""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Comparison:
    """rows: those of the first table that were compared."""

    rows: int
    differences: tuple[Difference, ...]


def table_columns(connection: Connection, table: sql.Composable) -> list[str]:
    """The table's columns in their order; empty when there is no such table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 "
            "and not attisdropped order by attnum",
            [table.as_string(connection)],
        )
        return [row[0] for row in cursor.fetchall()]


def compare_tables(
    connection: Connection,
    before: sql.Composable,
    after: sql.Composable,
    *,
    columns: Sequence[str],
    until: datetime | None = None,
    presence_until: datetime | None = None,
) -> Comparison:
    """Compare rows with feature_time <= until, by key; a key that comes more than once is paired in order.

    columns: of both tables, with feature_time among them. Rows that are in one table only count where
    feature_time < presence_until (None: everywhere).
    """
    pairs = _Pairs(connection, before, after, columns, until, presence_until)
    rows, alone, counts = pairs.count()
    found = [pairs.first(column, number) for column, number in counts.items() if number]
    return Comparison(rows, tuple(([pairs.first(None, alone)] if alone else []) + found))


class _Pairs:
    """The full join of both tables. Values are compared as text, which is exact for every type."""

    def __init__(
        self,
        connection: Connection,
        before: sql.Composable,
        after: sql.Composable,
        columns: Sequence[str],
        until: datetime | None,
        presence_until: datetime | None,
    ) -> None:
        self.connection = connection
        self.key = [name for name in KEY if name in columns]
        self.values = [name for name in columns if name not in self.key]
        self.arguments = {"until": until, "presence_until": presence_until}
        self.joined = sql.SQL(
            "from ({before}) as b full join ({after}) as a using ({key}, copy_number) "
            "where ((b.present and a.present) or %(presence_until)s::timestamptz is null "
            "or feature_time < %(presence_until)s)"
        ).format(
            before=self._side(before, columns), after=self._side(after, columns), key=self._names(self.key)
        )

    def _names(self, names: Sequence[str]) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, names))

    def _side(self, table: sql.Composable, columns: Sequence[str]) -> sql.Composed:
        return sql.SQL(
            "select {columns}, true as present, "
            "row_number() over (partition by {key} order by row({columns})::text) as copy_number "
            "from {table} where %(until)s::timestamptz is null or feature_time <= %(until)s"
        ).format(columns=self._names(columns), key=self._names(self.key), table=table)

    def _differs(self, column: str | None) -> sql.Composable:
        if column is None:
            return sql.SQL("(a.present and b.present) is not true")
        return sql.SQL("a.present and b.present and a.{0}::text is distinct from b.{0}::text").format(
            sql.Identifier(column)
        )

    def count(self) -> tuple[int, int, dict[str, int]]:
        """Rows of `before`, rows in one table only, and for each column how many differ."""
        conditions = [self._differs(column) for column in (None, *self.values)]
        counts = sql.SQL(", ").join(sql.SQL("count(*) filter (where {})").format(c) for c in conditions)
        query = sql.SQL("select count(b.present), {} {}").format(counts, self.joined)
        with self.connection.cursor() as cursor:
            cursor.execute(query, self.arguments)
            rows, alone, *numbers = cursor.fetchone() or ()
        return rows, alone, dict(zip(self.values, numbers, strict=True))

    def first(self, column: str | None, number: int) -> Difference:
        query = sql.SQL(
            "select {key}, {before}, {after} {joined} and {differs} order by {order} limit 1"
        ).format(
            key=self._names(self.key),
            before=_shown("b", column),
            after=_shown("a", column),
            joined=self.joined,
            differs=self._differs(column),
            order=self._names(self.key[::-1]),
        )
        with self.connection.cursor() as cursor:
            cursor.execute(query, self.arguments)
            *key, before, after = cursor.fetchone() or ()
        return Difference(column, number, tuple(key), before, after)


def _shown(side: str, column: str | None) -> sql.Composable:
    if column is None:
        return sql.SQL("case when {}.present then 'present' else 'absent' end").format(sql.Identifier(side))
    return sql.SQL("{}::text").format(sql.Identifier(side, column))
