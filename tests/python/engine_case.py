"""One SQL expression on hostile values, made by the project's macros for each engine and run there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = tuple["str | None", ...]
# An instant is compared by its microseconds since 1970: drivers give it in their own types.
MICROS = {"postgres": "cast(extract(epoch from {}) * 1000000 as bigint)", "spark": "unix_micros({})"}
# Texts come as bytes, so that no macro has a part in it.
TEXT = {
    "postgres": "convert_from(decode({0}, 'hex'), 'UTF8') collate \"default\" as {0}",
    "spark": "decode(unhex({0}), 'UTF-8') as {0}",
}
# Of the planes that have letters, without surrogates.
CHARACTERS = {
    "postgres": "select n, chr(n) as a from generate_series(1, 131071) as n"
    " where n not between 55296 and 57343",
    "spark": "select n, decode(unhex(lpad(hex(n), 8, '0')), 'UTF-32') as a"
    " from (select explode(sequence(1, 131071)) as n) where n not between 55296 and 57343",
}


@dataclass(frozen=True)
class Case:
    """What one macro gives, value by value.

    template: SQL and Jinja over the columns `a`, `b`, ... of `rows` (without any: `a` is each character); or,
        where it begins with `select` or `with`, a query over `given`: its row's number `n`, then the result.
    differs: what the engines give otherwise, by row: (on PostgreSQL, on Spark); all else must be the same.
    instant: whether the result is one.
    keyed: whether `n` counts the query's own rows.
    """

    name: str
    template: str
    rows: Sequence[Row]
    differs: Mapping[Any, tuple[Any, Any]] = field(default_factory=dict)
    instant: bool = False
    keyed: bool = False

    @property
    def statement(self) -> str:
        whole = self.template.startswith(("select", "with"))
        return self.template if whole else f"select n, {self.template} from given"

    def query(self, engine: str, compiled: str) -> str:
        given = _given(engine, self.rows) if self.rows else CHARACTERS[engine]
        results = f"(\n{compiled}\n) as done (n, result)"
        return f"with given as ({given})\nselect n, {self._read(engine)} from {results}"

    def _read(self, engine: str) -> str:
        return MICROS[engine].format("result") if self.instant else "result"

    def by_row(self, found: Sequence[tuple[Any, Any]]) -> dict[Any, Any]:
        """Results by the row they are of. Raises AssertionError where a row has two."""
        if not self.rows:  # of letters that were new to Unicode in its last versions each engine knows others
            return {n: value for n, value in found if chr(n).swapcase() != chr(n)}
        results = {key if self.keyed else _key(self.rows[key]): value for key, value in found}
        assert len(results) == len(found), self.name
        return results


def _key(row: Row) -> Any:
    return row[0] if len(row) == 1 else row


def _given(engine: str, rows: Sequence[Row]) -> str:
    """On Spark in two tasks, so that the driver does not compute it."""
    names = "abcdefgh"[: len(rows[0])]
    values = ",\n".join(f"({n}, {', '.join(map(_hex, row))})" for n, row in enumerate(rows))
    hint = "/*+ repartition(2) */ " if engine == "spark" else ""
    texts = ", ".join(TEXT[engine].format(name) for name in names)
    return f"select {hint}n, {texts} from (values {values}) as rows (n, {', '.join(names)})"


def _hex(value: str | None) -> str:
    return "cast(null as varchar(1))" if value is None else f"'{value.encode().hex()}'"


def inline(cases: Sequence[Case]) -> str:
    """For `dbt compile --inline`."""
    return "\n".join(f"-- case {number}\n{case.statement}" for number, case in enumerate(cases))


def queries(cases: Sequence[Case], engine: str, compiled: str) -> list[str]:
    """From what `dbt compile` printed."""
    _, *parts = re.split(r"^-- case \d+$", compiled, flags=re.MULTILINE)
    return [case.query(engine, part) for case, part in zip(cases, parts, strict=True)]


def run(cases: Sequence[Case], statements: Sequence[str], ask: Callable[[str], Any]) -> list[dict[Any, Any]]:
    return [case.by_row(ask(statement)) for case, statement in zip(cases, statements, strict=True)]


def jinja(text: str) -> str:
    """A Jinja literal with nothing in it that Jinja or a shell could take for its own."""
    return '"{}"'.format("".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in text))
