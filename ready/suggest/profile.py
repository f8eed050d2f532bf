"""What the columns of stg.orders_parsed hold, read in a few scans."""

from __future__ import annotations

import itertools
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import psycopg2
import psycopg2.errors
import psycopg2.extensions

from ready.errors import UsageError
from ready.gate.faults import identifier
from ready.lint.mapping import canonical_columns
from ready.settings import Settings

MAX_SET = 20  # more values than that are no set
MAX_SHAPES = 50
TYPES = {"numeric": "number", "timestamp with time zone": "time", "text": "text"}
# Runs of these classes are what a pattern is made of.
DIGITS = "regexp_replace({c}, '[0-9]', '9', 'g')"
SHAPE = f"regexp_replace(regexp_replace({DIGITS}, '[A-Z]', 'A', 'g'), '[a-z]', 'a', 'g')"


@dataclass(frozen=True)
class ColumnProfile:
    """One column. filled: rows with a text in the file; valid: rows with a typed value.

    kind: text, number or time. repeated: rows whose value occurs earlier in the same load.
    values: each with its rows, most frequent first; empty when there are more than MAX_SET.
    shapes: the texts with digits as 9 and letters as A or a, distinct; empty when there are many.
    prefix: what all texts start with.
    """

    name: str
    kind: str
    rows: int
    filled: int
    valid: int
    distinct: int
    minimum: str | None
    maximum: str | None
    shortest: int | None
    longest: int | None
    repeated: int = 0
    values: tuple[tuple[str, int], ...] = ()
    shapes: tuple[str, ...] = ()
    prefix: str = ""


def read_profiles(connection: psycopg2.extensions.connection, settings: Settings) -> list[ColumnProfile]:
    """A profile of each canonical column that has any value. Raises UsageError without a table or rows."""
    try:
        profiles = _Reader(connection, settings.schema("stg")).read()
    except psycopg2.errors.UndefinedTable:
        profiles = []
    if not profiles:
        raise UsageError(
            f"{settings.schema('stg')}.orders_parsed has no rows to look at",
            hint="load files and build it: ready load, then ready validate",
        )
    return profiles


class _Reader:
    def __init__(self, connection: psycopg2.extensions.connection, schema: str) -> None:
        self.connection = connection
        self.table = f"{identifier(schema)}.orders_parsed"

    def read(self) -> list[ColumnProfile]:
        names = canonical_columns()
        counted = self._one(f"select count(*) as rows, {', '.join(map(_measures, names))} from {self.table}")
        profiles = [_profile(name, counted) for name in names if counted[f"{name}_valid"]]
        return [self._in_detail(profile) if profile.kind == "text" else profile for profile in profiles]

    def _in_detail(self, profile: ColumnProfile) -> ColumnProfile:
        name, given = profile.name, f"from {self.table} where {profile.name} is not null"
        if profile.distinct <= MAX_SET:
            rows = self._all(f"select {name}, count(*) {given} group by 1 order by 2 desc, 1")
            return replace(profile, values=tuple((str(value), int(count)) for value, count in rows))
        repeated = self._all(
            "select coalesce(sum(copies - 1), 0) from "
            f"(select count(*) as copies {given} group by load_id, {name} having count(*) > 1) as repeated"
        )
        shapes = self._all(f"select distinct {SHAPE.format(c=name)} {given} limit {MAX_SHAPES + 1}")
        # Sorted by bytes, what the first and the last text share is what all share.
        ends = self._all(f'select min({name} collate "C"), max({name} collate "C") {given}')
        return replace(
            profile,
            repeated=int(repeated[0][0]),
            shapes=tuple(sorted(shape for (shape,) in shapes)) if len(shapes) <= MAX_SHAPES else (),
            prefix=_common_prefix(*ends[0]),
        )

    def _one(self, query: str) -> dict[str, Any]:
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(query)
            names = [column.name for column in cursor.description or ()]
            return dict(zip(names, cursor.fetchone() or (), strict=True))

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(query)
            return cursor.fetchall()


def _common_prefix(first: str, last: str) -> str:
    pairs = zip(first, last, strict=False)
    return "".join(one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _measures(name: str) -> str:
    return (
        f"pg_typeof(min({name}))::text as {name}_type, count({name}_raw) as {name}_filled, "
        f"count({name}) as {name}_valid, count(distinct {name}) as {name}_distinct, "
        f"min({name})::text as {name}_minimum, max({name})::text as {name}_maximum, "
        f"min(length({name}::text)) as {name}_shortest, max(length({name}::text)) as {name}_longest"
    )


def _profile(name: str, counted: dict[str, Any]) -> ColumnProfile:
    keys = ("filled", "valid", "distinct", "minimum", "maximum", "shortest", "longest")
    measured = {key: counted[f"{name}_{key}"] for key in keys}
    return ColumnProfile(name, TYPES.get(counted[f"{name}_type"], "text"), counted["rows"], **measured)
