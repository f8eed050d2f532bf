"""What the columns of stg.orders_parsed hold, read in a few scans."""

from __future__ import annotations

import itertools
import string
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ready.database.query import Row, select_rows
from ready.errors import NothingThere, UsageError
from ready.lint.mapping import canonical_columns
from ready.settings import Settings

MAX_SET = 20  # more values than that are no set
MAX_SHAPES = 50
KINDS = {Decimal: "number", datetime: "time"}
# Runs of these classes are what a pattern is made of.
CLASSES = (string.digits + string.ascii_uppercase + string.ascii_lowercase, "9" * 10 + "A" * 26 + "a" * 26)
SHAPE = f"translate({{column}}, '{CLASSES[0]}', '{CLASSES[1]}')"


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


def read_profiles(connection: Any, settings: Settings) -> list[ColumnProfile]:
    """A profile of each canonical column that has any value. Raises UsageError without a table or rows.

    connection: as ready.database.query.connected gives it.
    """
    try:
        profiles = _Reader(connection, settings).read()
    except NothingThere:
        profiles = []
    if not profiles:
        raise UsageError(
            f"{settings.schema('stg')}.orders_parsed has no rows to look at",
            hint="load files and build it: ready load, then ready validate",
        )
    return profiles


class _Reader:
    def __init__(self, connection: Any, settings: Settings) -> None:
        self.connection = connection
        self.settings = settings

    def read(self) -> list[ColumnProfile]:
        names = canonical_columns()
        (counted,) = self._select(f"count(*) as row_count, {', '.join(map(_measures, names))}")
        profiles = [_profile(name, counted) for name in names if counted[f"{name}_valid"]]
        return [self._in_detail(profile) if profile.kind == "text" else profile for profile in profiles]

    def _in_detail(self, profile: ColumnProfile) -> ColumnProfile:
        name, given = profile.name, "where {column} is not null"
        if profile.distinct <= MAX_SET:
            rows = self._select("{column} as value, count(*) as times", f"{given} group by {{column}}", name)
            counts = {row["value"]: row["times"] for row in rows}
            return replace(
                profile, values=tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
            )
        copies = self._select(
            "count(*) as copies", f"{given} group by load_id, {{column}} having count(*) > 1", name
        )
        shapes = self._select(f"distinct {SHAPE} as shape", f"{given} limit {MAX_SHAPES + 1}", name)
        # Sorted by bytes, what the first and the last text share is what all share.
        (ends,) = self._select(
            "min({column} {by_bytes}) as first, max({column} {by_bytes}) as last", given, name
        )
        return replace(
            profile,
            repeated=sum(row["copies"] - 1 for row in copies),
            shapes=tuple(sorted(row["shape"] for row in shapes)) if len(shapes) <= MAX_SHAPES else (),
            prefix=_common_prefix(ends["first"], ends["last"]),
        )

    def _select(self, wanted: str, rest: str = "", column: str = "") -> list[Row]:
        query = f"select {wanted} from {{stg}}.orders_parsed {rest}"
        return select_rows(self.connection, self.settings, query, column=column)


def _common_prefix(first: str, last: str) -> str:
    pairs = zip(first, last, strict=False)
    return "".join(one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _measures(name: str) -> str:
    """concat makes a text of any type."""
    return (
        f"count({name}_raw) as {name}_filled, count({name}) as {name}_valid, "
        f"count(distinct {name}) as {name}_distinct, min({name}) as {name}_minimum, "
        f"max({name}) as {name}_maximum, min(length(concat('', {name}))) as {name}_shortest, "
        f"max(length(concat('', {name}))) as {name}_longest"
    )


def _profile(name: str, counted: Row) -> ColumnProfile:
    keys = ("filled", "valid", "distinct", "minimum", "maximum", "shortest", "longest")
    measured = {key: counted[f"{name}_{key}"] for key in keys}
    kind = KINDS.get(type(measured["minimum"]), "text")
    measured.update({end: _text(measured[end]) for end in ("minimum", "maximum")})
    return ColumnProfile(name, kind, counted["row_count"], **measured)


def _text(value: Any) -> str:
    """Of a decimal without the zeros at its end, which engines write differently."""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
