"""Rows that came, went and changed, counted by the database; values that are equal have the same text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ready.definition.column_roles import KEY, SPLIT
from ready.errors import UsageError, from_database
from ready.settings import Settings
from ready.table_diff.model import (
    BuildDiff,
    ColumnDiff,
    Example,
    Key,
    Moved,
    Splits,
    TableDiff,
    VersionDiff,
)
from ready.table_diff.pairs import Pairs, how_many
from ready.table_diff.sides import Side, Table, open_sides

# The columns in which dbt's snapshots note the time of the run.
OF_THE_RUN = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")
# Types of which equal values have equal texts: they are compared as they are, which is quicker.
COMPARED_AS_THEY_ARE = re.compile(
    r"text|bigint|integer|smallint|boolean|date|uuid|timestamp with(out)? time zone|numeric\(\d+,\d+\)"
)
UNIQUE = """
select array(
    select attname::text from unnest(indkey) as place join pg_attribute on attnum = place
    where attrelid = indrelid
)
from pg_index
where indrelid = to_regclass(%s) and indisunique and indpred is null and 0 <> all(indkey)
order by indexrelid
"""


def diff_builds(
    settings: Settings,
    *,
    prefix: str,
    base_prefix: str = "",
    base_url: str | None = None,
    schemas: Sequence[str] = ("feats",),
) -> BuildDiff:
    """Compare each published table of a build with that of another, the base.

    base_url: the base's database, None where it is the same one. Raises as open_sides does, and UsageError
    on Spark.
    """
    if settings.target == "spark":
        raise UsageError("builds are compared on PostgreSQL only", hint="leave READY_TARGET out")
    sides = open_sides(settings, prefix=prefix, base_prefix=base_prefix, base_url=base_url, schemas=schemas)
    try:
        with sides as (cursor, base, build):
            return _compared(cursor, base, build)
    except psycopg2.Error as error:
        raise from_database(error) from None


def _compared(cursor: Cursor, base: Side, build: Side) -> BuildDiff:
    names = sorted({*base.tables, *build.tables})
    tables = [_diff(cursor, name, base.tables.get(name), build.tables.get(name)) for name in names]
    sets = sorted({*base.versions, *build.versions})
    versions = [VersionDiff(name, base.versions.get(name), build.versions.get(name)) for name in sets]
    return BuildDiff(base.prefix, build.prefix, tables, versions)


def _diff(cursor: Cursor, name: str, before: Table | None, after: Table | None) -> TableDiff:
    if before and after:
        common = _Common(cursor, before, after)
        return common.by_key(name) if common.key else common.by_row(name)
    return TableDiff(name, _count(cursor, before), _count(cursor, after))


def _count(cursor: Cursor, table: Table | None) -> int | None:
    if table is None:
        return None
    return int(_one(cursor, sql.SQL("select count(*) from {}").format(table.relation))[0])


def _one(cursor: Cursor, query: str | sql.Composable) -> tuple[Any, ...]:
    cursor.execute(query)
    (row,) = cursor.fetchall()
    return row


class _Common:
    """Two tables with the columns that both have."""

    def __init__(self, cursor: Cursor, before: Table, after: Table) -> None:
        self.cursor, self.before, self.after = cursor, before, after
        self.common = [name for name in before.columns if name in after.columns and name not in OF_THE_RUN]
        self.key = next((key for key in self._keys() if self._identifies(key)), [])
        self.values = [name for name in self.common if name not in self.key]

    def _keys(self) -> list[list[str]]:
        """What may identify a row: the keys of the product's tables, then unique indexes."""
        self.cursor.execute(UNIQUE, [self.after.relation.as_string(self.cursor)])
        unique = [key for (key,) in self.cursor.fetchall() if {*key} <= {*self.common}]
        ours = [name for name in KEY if name in self.common]
        return [ours, *unique] if ours else unique

    def _identifies(self, key: Sequence[str]) -> bool:
        """Whether no two rows of a table have the same, and none has nothing."""
        names = _names(key)
        query = sql.SQL(
            "select not exists "
            "(select from {} group by {} having count(*) > 1 or ({}) is not null is not true)"
        )
        tables = (self.before, self.after)
        return all(_one(self.cursor, query.format(t.relation, names, names))[0] for t in tables)

    def by_key(self, name: str) -> TableDiff:
        query = self._pairs(self.values).select(self._counted())
        rows_before, rows_after, came, went, changed, first_came, first_went, *columns = _one(
            self.cursor, query
        )
        return TableDiff(
            **self._shape(name, rows_before, rows_after),
            key=list(self.key),
            came=came,
            went=went,
            changed=changed,
            first_came=self._key(first_came),
            first_went=self._key(first_went),
            columns=self._columns(columns),
            splits=self._splits() if SPLIT in self.values else None,
        )

    def _shape(self, name: str, rows_before: int, rows_after: int) -> dict[str, Any]:
        """What is compared of columns, whatever the rows."""
        before, after = self.before.columns, self.after.columns
        changed = [column for column in self.common if before[column] != after[column]]
        return {
            "table": name,
            "rows_before": rows_before,
            "rows_after": rows_after,
            "added": {column: type for column, type in after.items() if column not in before},
            "removed": {column: type for column, type in before.items() if column not in after},
            "retyped": {column: [before[column], after[column]] for column in changed},
        }

    def _pairs(self, values: Sequence[str]) -> Pairs:
        """One row a key: of both sides the key and these; `offset 0` keeps them from being computed again."""
        names = [*self.key, *values]
        on = " and ".join(
            f"{self._comparable('b', name)} = {self._comparable('a', name)}" for name in self.key
        )
        chosen = (
            f"{self._comparable(side, name)} as {side}{number}"
            for side in "ba"
            for number, name in enumerate(names)
        )
        before, after = (self._sql(table.relation) for table in (self.before, self.after))
        joined = (
            f"from (select {', '.join(chosen)} from {before} as b full join {after} as a on {on} offset 0)"
        )
        numbers = {name: (f"b{number}", f"a{number}") for number, name in enumerate(names)}
        own = {name: numbers[name] for name in values}
        return Pairs(f"{joined} as pairs", "b0 is not null", "a0 is not null", own)

    def _comparable(self, side: str, name: str) -> str:
        """As text where equal values may be written differently, and where the types differ."""
        before, after = self.before.columns[name], self.after.columns[name]
        as_it_is = before == after and COMPARED_AS_THEY_ARE.fullmatch(before)
        return f"{side}.{self._sql(sql.Identifier(name))}" + ("" if as_it_is else "::text")

    def _sql(self, part: sql.Composable) -> str:
        return part.as_string(self.cursor)

    def _counted(self) -> Iterator[str]:
        pairs = self._pairs(self.values)
        yield from ("count(b0)", "count(a0)", *map(how_many, (pairs.came, pairs.went, pairs.changed)))
        yield from (_first(self._ordered("a"), pairs.came), _first(self._ordered("b"), pairs.went))
        for name, values in pairs.values.items():
            condition = pairs.differs(name)
            yield from (how_many(condition), _first([*self._ordered("b"), *values], condition))

    def _ordered(self, side: str) -> list[str]:
        """The key, its last column first: so rows come in order of time."""
        return [f"{side}{number}" for number in reversed(range(len(self.key)))]

    def _key(self, reversed_key: Sequence[str] | None) -> Key | None:
        return None if reversed_key is None else dict(zip(self.key, reversed_key[::-1], strict=True))

    def _columns(self, counted: Sequence[Any]) -> list[ColumnDiff]:
        found = zip(self.values, counted[::2], counted[1::2], strict=True)
        return [ColumnDiff(name, rows, self._example(first)) for name, rows, first in found if rows]

    def _example(self, first: Sequence[str]) -> Example:
        *reversed_key, before, after = first
        return Example(self._key(reversed_key) or {}, before, after)

    def _splits(self) -> Splits:
        """Rows of each split on each side, and of those on both the ones that are in another."""
        pairs = self._pairs([SPLIT])
        sides = [*pairs.values[SPLIT], pairs.in_before, pairs.in_after, "count(*)"]
        self.cursor.execute(pairs.select(sides, "group by 1, 2, 3, 4 order by 1, 2"))
        found = self.cursor.fetchall()
        moved = [Moved(b, a, rows) for b, a, was, is_, rows in found if was and is_ and b != a]
        before = _sizes((b, rows) for b, _, was, _, rows in found if was)
        after = _sizes((a, rows) for _, a, _, is_, rows in found if is_)
        return Splits(before, after, moved)

    def by_row(self, name: str) -> TableDiff:
        """Of tables in which nothing identifies a row: whole rows, also those that come more than once."""
        rows_before, rows_after = (_count(self.cursor, table) or 0 for table in (self.before, self.after))
        shape = self._shape(name, rows_before, rows_after)
        if not self.common:
            return TableDiff(**shape, came=rows_after, went=rows_before)
        (came, first_came), (went, first_went) = (
            self._only_in(*tables) for tables in ((self.after, self.before), (self.before, self.after))
        )
        return TableDiff(**shape, came=came, went=went, first_came=first_came, first_went=first_went)

    def _only_in(self, table: Table, other: Table) -> tuple[int, Key | None]:
        names = [self._sql(sql.Identifier(name)) for name in self.common]
        texts = ", ".join(f"{name}::text" for name in names)
        rows, others = (self._sql(one.relation) for one in (table, other))
        only = f"(select {texts} from {rows} except all select {texts} from {others}) as rows"
        count, values = _one(self.cursor, f"select count(*), {_first(names, 'true')} from {only}")
        return count, values and dict(zip(self.common, values, strict=True))


def _sizes(counted: Any) -> dict[str, int]:
    """Rows a split; those of none are left out."""
    sizes: dict[str, int] = {}
    for split, rows in counted:
        if split is not None:
            sizes[split] = sizes.get(split, 0) + rows
    return sizes


def _first(values: Sequence[str], condition: str) -> str:
    """The least of the rows' values, as an array of texts."""
    texts = ", ".join(f"{value}::text" for value in values)
    return f'min(array[{texts}] collate "C") filter (where {condition})'


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
