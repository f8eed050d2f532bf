"""Two tables, row by row and column by column: how much differs, and the first row that does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ready.proof.nearest import as_text
from ready.proof.scratch import Scratch
from ready.table_diff.pairs import Pairs, how_many

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


def compare_tables(
    place: Scratch,
    before: str,
    after: str,
    *,
    columns: Sequence[str],
    until: datetime | None = None,
    presence_until: datetime | None = None,
    cutoffs: str = "",
    spines: tuple[str, str] | None = None,
) -> Comparison:
    """Compare rows with feature_time <= until, by key; a key that comes more than once is paired in order.

    columns: of both tables, with feature_time among them: times, dates or the text of either. Rows that are
    in one table only count where feature_time < presence_until (None: everywhere). cutoffs: a table with
    each customer's own cutoff: rows are compared up to it, and those in one table only count before it.
    spines: of both builds a table with customer_id and feature_time; a row in one table only does not count
    where they differ, too.
    """
    sides = _Sides(place, columns, until, presence_until, cutoffs, spines)
    pairs = sides.paired(before, after)
    conditions = [pairs.alone, *map(pairs.differs, sides.values)]
    ((rows, *counts),) = place.rows(
        pairs.select([f"count({pairs.in_before})", *(how_many(condition) for condition in conditions)])
    )
    found = zip((None, *sides.values), conditions, counts, strict=True)
    return Comparison(rows, tuple(sides.first(pairs, *one) for one in found if one[-1]))


@dataclass(frozen=True)
class _Sides:
    """What compare_tables takes of both tables. Values are compared as text, which is exact."""

    place: Scratch
    columns: Sequence[str]
    until: datetime | None
    presence_until: datetime | None
    cutoffs: str
    spines: tuple[str, str] | None

    @property
    def key(self) -> list[str]:
        return [name for name in KEY if name in self.columns]

    @property
    def values(self) -> list[str]:
        return [name for name in self.columns if name not in KEY]

    @property
    def time(self) -> str:
        return self.place.as_instant("feature_time")

    def paired(self, before: str, after: str) -> Pairs:
        joined = (
            f"from ({self._side(before)}) as b full join ({self._side(after)}) as a "
            f"using ({self.place.names(self.key)}, ready__copy){self._spines()} "
            f"where ((b.ready__present and a.ready__present) or ({' and '.join(self._presence())}))"
        )
        values = {name: (self._value("b", name), self._value("a", name)) for name in self.values}
        return Pairs(joined, "b.ready__present", "a.ready__present", values)

    def _presence(self) -> Iterator[str]:
        """The conditions under which a row in one table only counts."""
        yield "true"
        if self.presence_until:
            yield f"{self.time} < {self.place.instant(self.presence_until)}"
        if self.cutoffs:
            yield f"{self.time} < coalesce(b.ready__cutoff, a.ready__cutoff)"
        if self.spines:
            yield "(spine_b.spine_id is null) = (spine_a.spine_id is null)"

    def _spines(self) -> str:
        id = self.place.as_text("customer_id")
        return "".join(
            f" left join (select distinct {id} as spine_id, {self.time} as spine_time from {table}) "
            f"as {spine} on {spine}.spine_id = {id} and {spine}.spine_time = {self.time}"
            for spine, table in zip(("spine_b", "spine_a"), self.spines or (), strict=False)
        )

    def _side(self, table: str) -> str:
        limits = [f"{self.time} <= {self.place.instant(self.until)}"] if self.until else []
        names = self.place.names(self.columns)
        if self.cutoffs:
            table = (
                f"(select compared.*, cutoffs.cutoff as ready__cutoff from {table} as compared "
                f"inner join {self.cutoffs} as cutoffs "
                f"on {self.place.as_text('compared.customer_id')} = cutoffs.customer_id) as compared"
            )
            limits.append(f"{self.time} <= ready__cutoff")
            names += ", ready__cutoff"
        values = ", ".join(self.place.as_text(self.place.quote(name)) for name in self.columns)
        number = f"row_number() over (partition by {self.place.names(self.key)} order by {values})"
        where = f"where {' and '.join(limits)}" if limits else ""
        return f"select {names}, true as ready__present, {number} as ready__copy from {table} {where}"

    def _value(self, side: str, column: str) -> str:
        return self.place.as_text(f"{side}.{self.place.quote(column)}")

    def first(self, pairs: Pairs, column: str | None, condition: str, rows: int) -> Difference:
        shown = (
            pairs.values[column] if column else tuple(map(_presence_of, (pairs.in_before, pairs.in_after)))
        )
        order = self.place.names(self.key[::-1])
        ((*key, before, after),) = self.place.rows(
            pairs.select([self.place.names(self.key), *shown], f"and {condition} order by {order} limit 1")
        )
        return Difference(column, rows, tuple(key), before, after)


def _presence_of(condition: str) -> str:
    return f"case when {condition} then 'present' else 'absent' end"
