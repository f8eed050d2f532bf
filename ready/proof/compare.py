"""Two tables, row by row and column by column: how much differs, and the first row that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ready.proof.nearest import as_text
from ready.proof.scratch import Scratch

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
    pairs = _Pairs(place, before, after, columns, until, presence_until, cutoffs, spines)
    rows, alone, counts = pairs.count()
    found = [pairs.first(column, number) for column, number in counts.items() if number]
    return Comparison(rows, tuple(([pairs.first(None, alone)] if alone else []) + found))


class _Pairs:
    """The full join of both tables. Values are compared as text, which is exact for every type."""

    def __init__(
        self,
        place: Scratch,
        before: str,
        after: str,
        columns: Sequence[str],
        until: datetime | None,
        presence_until: datetime | None,
        cutoffs: str,
        spines: tuple[str, str] | None,
    ) -> None:
        self.place = place
        self.cutoffs = cutoffs
        self.key = [name for name in KEY if name in columns]
        self.values = [name for name in columns if name not in self.key]
        time = place.as_instant("feature_time")
        b, a = (self._side(table, columns, until) for table in (before, after))
        counts = ["true"]
        if presence_until:
            counts.append(f"{time} < {place.instant(presence_until)}")
        if cutoffs:
            counts.append(f"{time} < coalesce(b.ready__cutoff, a.ready__cutoff)")
        joins = ""
        if spines:
            for spine, table in zip(("spine_b", "spine_a"), spines, strict=True):
                joins += (
                    f" left join (select distinct {place.as_text('customer_id')} as spine_id, "
                    f"{time} as spine_time from {table}) as {spine} "
                    f"on {spine}.spine_id = {place.as_text('customer_id')} and {spine}.spine_time = {time}"
                )
            counts.append("(spine_b.spine_id is null) = (spine_a.spine_id is null)")
        self.joined = (
            f"from ({b}) as b full join ({a}) as a using ({place.names(self.key)}, ready__copy){joins} "
            f"where ((b.ready__present and a.ready__present) or ({' and '.join(counts)}))"
        )

    def _side(self, table: str, columns: Sequence[str], until: datetime | None) -> str:
        time = self.place.as_instant("feature_time")
        limits = [f"{time} <= {self.place.instant(until)}"] if until else []
        names = self.place.names(columns)
        if self.cutoffs:
            table = (
                f"(select compared.*, cutoffs.cutoff as ready__cutoff from {table} as compared "
                f"inner join {self.cutoffs} as cutoffs "
                f"on {self.place.as_text('compared.customer_id')} = cutoffs.customer_id) as compared"
            )
            limits.append(f"{time} <= ready__cutoff")
            names += ", ready__cutoff"
        values = ", ".join(self.place.as_text(self.place.quote(name)) for name in columns)
        number = f"row_number() over (partition by {self.place.names(self.key)} order by {values})"
        where = f"where {' and '.join(limits)}" if limits else ""
        return f"select {names}, true as ready__present, {number} as ready__copy from {table} {where}"

    def _value(self, side: str, column: str) -> str:
        return self.place.as_text(f"{side}.{self.place.quote(column)}")

    def _differs(self, column: str | None) -> str:
        if column is None:
            return "(a.ready__present and b.ready__present) is not true"
        differs = f"{self._value('a', column)} is distinct from {self._value('b', column)}"
        return f"a.ready__present and b.ready__present and {differs}"

    def count(self) -> tuple[int, int, dict[str, int]]:
        """Rows of `before`, rows in one table only, and for each column how many differ."""
        counts = [f"count(*) filter (where {self._differs(column)})" for column in (None, *self.values)]
        ((rows, alone, *numbers),) = self.place.rows(
            f"select count(b.ready__present), {', '.join(counts)} {self.joined}"
        )
        return rows, alone, dict(zip(self.values, numbers, strict=True))

    def first(self, column: str | None, number: int) -> Difference:
        ((*key, before, after),) = self.place.rows(
            f"select {self.place.names(self.key)}, {self._shown('b', column)}, {self._shown('a', column)} "
            f"{self.joined} and {self._differs(column)} order by {self.place.names(self.key[::-1])} limit 1"
        )
        return Difference(column, number, tuple(key), before, after)

    def _shown(self, side: str, column: str | None) -> str:
        if column is None:
            return f"case when {side}.ready__present then 'present' else 'absent' end"
        return self._value(side, column)
