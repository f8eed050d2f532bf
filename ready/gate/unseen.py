"""Rules that pass because they look at nothing: no row, no value, a spelling that the column cannot have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ready.gate.faults import identifier, plain
from ready.gate.rules import TestCall

EXPECT = "dbt_expectations.expect_"
# The tests that let a null pass; of nulls alone they say nothing.
NULL_PASSES = {
    "accepted_values", "relationships", "foreign_key", "unique", "unique_within_load",
    EXPECT + "column_values_to_be_unique", EXPECT + "column_values_to_be_between",
    EXPECT + "column_values_to_not_be_in_set", EXPECT + "column_values_to_not_match_regex",
    EXPECT + "column_value_lengths_to_be_between",
}  # fmt: skip
# How models/staging/orders_parsed.sql writes these columns.
SPELLINGS: dict[str, tuple[Callable[[str], str], str]] = {
    "currency": (str.upper, "upper case"),
    "status": (lambda text: text.lower().replace("-", ""), "lower case without hyphens"),
}
LITERAL = r"'((?:[^']|'')*)'"
COMPARED = re.compile(rf"\b({'|'.join(SPELLINGS)})\b\"?\s*(?:=|<>|!=)\s*{LITERAL}", re.IGNORECASE)
LISTED = re.compile(rf"\b({'|'.join(SPELLINGS)})\b\"?\s+(?:not\s+)?in\s*\(([^)]*)\)", re.IGNORECASE)


def rows_meant(condition: str, column: str | None) -> str:
    """The condition without what it says of the column's own text being null.

    That tells which fault is counted, not which rows are meant, and holds for no row of clean data. As
    macros/gate/get_test_sql.sql has it.
    """
    if not column or re.search(r"\bnot\s*\(", condition, re.IGNORECASE):
        return condition
    name = re.escape(column.strip('"'))
    text_is_null = rf'(?is)(^|[(]|\band\b)(\s*)"?{name}(?:_raw)?"?\s+is\s+null\b(?=\s*(?:$|[)]|\band\b))'
    return re.sub(text_is_null, r"\1\2true", condition)


def value_exists_sql(relation: str, column: str) -> str:
    """Whether there is a value to judge; ends at the first."""
    return f"select exists (select 1 from {relation} where {identifier(column)} is not null) as found"


def impossible_spellings(
    call: TestCall, conditions: Iterable[str], null_words: frozenset[str]
) -> Iterator[str]:
    """What a rule names that its column never is, each with the reason."""
    for column, value in [*_values(call), *_values_in(conditions)]:
        reason = _impossible(column, value, null_words)
        if reason:
            yield f"names {value!r}, which {column} never is: {reason}"


def _values(call: TestCall) -> Iterator[tuple[str, str]]:
    for name in ("values", "value_set"):
        values = call.get(name)
        if call.column and isinstance(values, list):
            yield from ((call.column.lower(), plain(value)) for value in values)


def _values_in(conditions: Iterable[str]) -> Iterator[tuple[str, str]]:
    for condition in conditions:
        for column, value in COMPARED.findall(condition):
            yield column.lower(), value.replace("''", "'")
        for column, values in LISTED.findall(condition):
            yield from ((column.lower(), value.replace("''", "'")) for value in re.findall(LITERAL, values))


def _impossible(column: str, value: str, null_words: frozenset[str]) -> str:
    if value in null_words:
        return "orders.yaml reads it as null"
    if value != value.strip():
        return "blanks around a text are taken away"
    change, words = SPELLINGS.get(column, (str, ""))
    return "" if change(value) == value else f"it is in {words}, {change(value)!r}"


def null_words_of(manifest: Mapping[str, Any]) -> frozenset[str]:
    """The texts that orders.yaml reads as null."""
    for node in (manifest.get("nodes") or {}).values():
        if node.get("resource_type") == "model" and node.get("name") == "orders_mapped":
            meta = (node.get("config") or {}).get("meta") or {}
            return frozenset(["", *map(str, meta.get("null_words") or ())])
    return frozenset()
