"""Ways to break a rule: each counts its rows, lists them, and says so in the report's vocabulary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

POSITION = "load_id, line_number"
MAX_GROUPS = 5


class Fault(Protocol):
    """`relation` is what follows FROM: the table, or a filtered subquery with an alias."""

    def text(self, measured: str | None) -> str: ...

    def measure_sql(self, relation: str) -> str | None:
        """A query with one value: the number of rows at fault, or the actual value of the table."""

    def rows_sql(self, relation: str) -> str | None:
        """A query with the rows at fault, whole, in the order of the files."""


@dataclass(frozen=True)
class RowFault:
    """Rows for which `predicate` is true, `{relation}` being all of them. `says` has {n} for their number."""

    says: str
    predicate: str | None = None

    def text(self, measured: str | None) -> str:
        return self.says.replace("{n}", measured or "?")

    def measure_sql(self, relation: str) -> str | None:
        return self.predicate and f"select count(*) from {relation} where {self._of(relation)}"

    def rows_sql(self, relation: str) -> str | None:
        return self.predicate and f"select * from {relation} where {self._of(relation)} order by {POSITION}"

    def _of(self, relation: str) -> str:
        return (self.predicate or "").replace("{relation}", relation)


@dataclass(frozen=True)
class DuplicateFault:
    """Rows that share their key with another row; counted is the surplus, listed are all of them.

    `counted` is true for the rows that take part.
    """

    says: str
    key: tuple[str, ...]
    counted: str

    def text(self, measured: str | None) -> str:
        return self.says.replace("{n}", measured or "?")

    def measure_sql(self, relation: str) -> str:
        return (
            f"select coalesce(sum(copies - 1), 0) from (select count(*) as copies from {relation} "
            f"where {self.counted} group by {', '.join(self.key)} having count(*) > 1) as repeated"
        )

    def rows_sql(self, relation: str) -> str:
        key = ", ".join(self.key)
        return (
            f"select * from (select *, count(*) over (partition by {key}) as copies from {relation} "
            f"where {self.counted}) as repeated where copies > 1 order by {key}, {POSITION}"
        )


@dataclass(frozen=True)
class TableFault:
    """A fault of the whole table: no row is to blame.

    `says` may have {value} for what `measure` gives, {n} for the number of failures, {returned} for what the
    test returns. groups: the columns by which it is measured; a group fails for which not `holds`.
    """

    says: str
    measure: str | None = None
    groups: tuple[str, ...] = ()
    holds: str = ""

    def text(self, measured: str | None) -> str:
        says = self.says if measured else self.says.replace(": {value}", "")
        return " ".join(says.replace("{value}", measured or "").replace("{returned}", "").split())

    def measure_sql(self, relation: str) -> str | None:
        if self.groups:
            return self._groups_sql(relation)
        return self.measure and f"select {self.measure} from {relation}"

    def _groups_sql(self, relation: str) -> str:
        """The values of the first groups at fault, each with its group: 3.5 (status=lost), 4 (status=new)."""
        group = ", ', ', ".join(f"{literal(f'{name}=')}, {name}" for name in self.groups)
        by = ", ".join(self.groups)
        value = f"concat({self.measure}, ' (', {group}, ')')"
        failing = f"group by {by} having not ({self.holds}) order by {by} limit {MAX_GROUPS}"
        shown = f"select {value} as shown from {relation} {failing}"
        return f"select string_agg(shown, ', ') from ({shown}) as failing"

    def rows_sql(self, relation: str) -> None:
        return None


def identifier(name: str) -> str:
    """A column name in SQL: folded to lower case when dbt would write it without quotes."""
    plain = name.strip('"')
    folded = plain.lower() if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$]*", name) else plain
    return '"' + folded.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """A text literal in SQL."""
    return "'" + plain(value).replace("'", "''") + "'"


def plain(value: Any) -> str:
    """A value as the yaml has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
