"""The first failing records of a check, with their place in the CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ready.gate.faults import POSITION, RowFault, identifier, literal
from ready.gate.inspector import Inspector
from ready.gate.model import MASK, Sample, ValueCount
from ready.gate.rules import NULL_TESTS, Rule, TestCall

MAX_SAMPLES, MAX_VALUES = 5, 10
MAX_LENGTH = 200  # characters of a value; a report is no place for a whole document in a field
# The names that dbt's tests give to the value of the column at fault.
VALUE_COLUMNS = ("value_field", "from_field", "unique_field", "id")


@dataclass(frozen=True)
class Found:
    samples: tuple[Sample, ...]
    query: str


@dataclass(frozen=True)
class SampleReader:
    """Reads samples of orders_parsed. `columns` are its documented ones, in order."""

    inspector: Inspector
    columns: tuple[str, ...]
    sensitive: frozenset[str]

    def read(self, rule: Rule, call: TestCall, relation: str, compiled: str | None) -> Found:
        """By the rule's own query; else by the test's SQL, its values looked up when it has no lines."""
        if rule.worded_by_rows:
            return self._by_wording(compiled or "")
        own = rule.rows_sql(relation)
        rows = self.inspector.rows(own, limit=MAX_SAMPLES)
        if rows and own:
            return Found(self._samples(rows, rule), own)
        test_sql = (compiled or "").strip()
        rows = self.inspector.rows_of_compiled(test_sql, limit=MAX_SAMPLES) or []
        if rows and "file_name" not in rows[0]:
            rows = [] if rule.of_table else self._look_up(rows, call, relation)
        return Found(self._samples(rows, rule), test_sql)

    def values(self, rule: Rule, call: TestCall, relation: str) -> tuple[tuple[ValueCount, ...], int]:
        """Those at fault and how many there are; none where each is of one row, as the samples show."""
        of_values = all(isinstance(fault, RowFault) for fault in rule.faults) and call.test not in NULL_TESTS
        sql = rule.rows_sql(relation)
        name = (call.column or "").lower()
        if rule.worded_by_rows or not of_values or not sql or not name or name in self.sensitive:
            return (), 0
        counted = (self._counted(sql, column) for column in (f"{name}_raw", call.column or ""))
        rows = next(filter(None, counted), None)
        if not rows or rows[0]["times"] == 1:
            return (), 0
        found = (ValueCount(self._value({name: row["at_fault"]}, name), int(row["times"])) for row in rows)
        return tuple(found), int(rows[0]["distinct_values"])

    def _counted(self, sql: str, column: str) -> list[dict[str, Any]] | None:
        """The most frequent values of these rows; None where they lack the column."""
        at_fault = f"{identifier(column)} as at_fault"
        counts = "count(*) as times, count(*) over () as distinct_values"
        return self.inspector.rows(
            f"select {at_fault}, {counts} from ({sql}) as failing group by {identifier(column)} "
            f"order by times desc, at_fault limit {MAX_VALUES}"
        )

    def _by_wording(self, compiled: str) -> Found:
        """Of each column at fault the first rows, as far as there is room."""
        place = f"row_number() over (partition by says order by {POSITION}) as place"
        placed = f"select failing.*, {place} from (\n{compiled}\n) as failing"
        sql = f"select * from ({placed}) as failing order by place, says"
        rows = self.inspector.rows_of_compiled(sql, limit=MAX_SAMPLES) or []
        return Found(tuple(self._sample(row, (str(row["column_at_fault"]),)) for row in rows), compiled)

    def first_that_says(self, says: str, compiled: str) -> Sample | None:
        """The first row of a test with this text."""
        sql = f"select * from (\n{compiled}\n) as failing where says = {literal(says)} order by {POSITION}"
        rows = self.inspector.rows_of_compiled(sql, limit=1) or []
        found = [self._sample(row, (str(row["column_at_fault"]),)) for row in rows]
        # A record that was left out has no values.
        return next((s if any(s.row.values()) else replace(s, row={}) for s in found), None)

    def _look_up(self, rows: list[dict[str, Any]], call: TestCall, relation: str) -> list[dict[str, Any]]:
        names = (*((call.column,) if call.column else ()), *VALUE_COLUMNS)
        named = next((name for name in names if name in rows[0]), None)
        values = [row[named] for row in rows if named and row[named] is not None]
        if not values or not call.column:
            return []
        wanted = ", ".join(literal(value) for value in values)
        # Without a cast the texts become what the column is: of numbers 10.5 and 10.50 are one.
        condition = f"{identifier(call.column)} in ({wanted})"
        sql = f"select * from {relation} where {condition} order by {POSITION}"
        return self.inspector.rows(sql, limit=MAX_SAMPLES) or []

    def _samples(self, rows: list[dict[str, Any]], rule: Rule) -> tuple[Sample, ...]:
        return tuple(self._sample(row, rule.columns) for row in rows)

    def _sample(self, row: Mapping[str, Any], columns: tuple[str, ...]) -> Sample:
        columns = tuple(name for name in columns if _has(row, name)) or columns
        shown = [self._value(row, column) for column in columns]
        joined = ", ".join(f"{c}={'null' if v is None else v}" for c, v in zip(columns, shown, strict=True))
        line = row.get("line_number")
        values = {column: self._value(row, column) for column in self._row_columns(row)}
        return Sample(
            file=row.get("file_name"),
            line=None if line is None else int(line),
            value=shown[0] if len(shown) == 1 else joined or None,
            # What is said of a whole file has no values.
            row=values if line is not None or any(values.values()) else {},
            against=_other_place(row),
        )

    def _row_columns(self, row: Mapping[str, Any]) -> list[str]:
        """Only columns that are known: a test's own SQL may name a masked value as it likes."""
        raw = [name.removesuffix("_raw") for name in row if name.endswith("_raw")]
        return raw or [name for name in self.columns if name in row]

    def _value(self, row: Mapping[str, Any], column: str) -> str | None:
        """The text in the file where there is one, else the value; masked when the column is sensitive."""
        name = column.lower()
        value = row[f"{name}_raw"] if f"{name}_raw" in row else row.get(name)
        if value is None:
            return None
        if name.removesuffix("_raw") in self.sensitive:
            return MASK
        text = str(value)
        return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def _has(row: Mapping[str, Any], column: str) -> bool:
    """Whether it is a column of the row; not each word of an expression is one."""
    return not {column.lower(), f"{column.lower()}_raw"}.isdisjoint(row)


def _other_place(row: Mapping[str, Any]) -> str:
    """The place of the record that this one contradicts, of a rule that names it."""
    file = row.get("other_file_name")
    return Sample(file, row.get("other_line_number"), None).place if file else ""
