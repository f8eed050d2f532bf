"""The rows of two tables side by side, in SQL that PostgreSQL and Spark both read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Pairs:
    """A full join of a table before and a table after, by key."""

    joined: str
    """FROM and all that follows it."""
    in_before: str
    """Holds for a row that the table before has, and is not true for another."""
    in_after: str
    values: Mapping[str, tuple[str, str]]
    """Of each column but the key its two values as SQL, so that equal ones are not distinct."""

    @property
    def came(self) -> str:
        return f"({self.in_before}) is not true"

    @property
    def went(self) -> str:
        return f"({self.in_after}) is not true"

    @property
    def alone(self) -> str:
        return f"({self.in_before} and {self.in_after}) is not true"

    @property
    def changed(self) -> str:
        """The condition that any value differs in a row of both tables."""
        distinct = (f"{before} is distinct from {after}" for before, after in self.values.values())
        return f"{self.in_before} and {self.in_after} and ({' or '.join(distinct) or 'false'})"

    def differs(self, column: str) -> str:
        """The condition that a column differs in a row of both tables."""
        before, after = self.values[column]
        return f"{self.in_before} and {self.in_after} and {before} is distinct from {after}"

    def select(self, expressions: Iterable[str], rest: str = "") -> str:
        return f"select {', '.join(expressions)} {self.joined} {rest}"


def how_many(condition: str) -> str:
    return f"count(*) filter (where {condition})"
