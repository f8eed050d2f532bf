"""Texts and columns of a test from the arguments that it is written with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ready.gate.faults import plain
from ready.gate.rules.base import TestCall, range_of

# What these arguments are where they are not given.
DEFAULTS = {"sigma_threshold": "3", "date_part": "day", "factor": "1"}


def filled(text: str, call: TestCall, more: Mapping[str, str] | None = None) -> str:
    """The text with the test's arguments and `more`, in one line; what is known only later stays."""
    return " ".join(filled_sql(text, call, more).split())


def filled_sql(text: str, call: TestCall, more: Mapping[str, str] | None = None) -> str:
    """The same with all its blanks, as they count within quotes."""
    return text.format_map(defaultdict(str, {**_arguments(call), **(more or {})}))


def _arguments(call: TestCall) -> Mapping[str, str]:
    """The arguments as texts, by name; those that are not given are empty."""
    asked = plain(call.get("match_on", "any")) == "all"
    given = {name: _listed(value) for name, value in call.arguments.items() if value is not None}
    later = {name: f"{{{name}}}" for name in ("n", "value", "returned")}
    derived = {
        "column": call.column or "",
        "subject": call.subject,
        "range": range_of(call),
        "wanted": given.get("value", ""),
        "expression": f"{given.get('expression', '')} {_condition(call)}".strip(),
        "patterns": given.get("like_pattern_list") or given.get("regex_list", ""),
        "asked": "all of" if asked else "one of",
        "others": "one of" if asked else "all of",
        "in_order": f" in order of {given['sort_column']}" if given.get("sort_column") else "",
        "column_of_other": f".{given['compare_column_name']}" if given.get("compare_column_name") else "",
        "compared": _compared(given),
    }
    return {**DEFAULTS, **given, **derived, **later}


def _condition(call: TestCall) -> str:
    """What an expression is compared with, where its author says so."""
    condition = plain(call.get("test_condition", ""))
    return "" if condition.replace(" ", "") == "=true" else condition


def _compared(given: Mapping[str, str]) -> str:
    expression, model = given.get("compare_expression", ""), given.get("compare_model", "")
    return " of ".join(filter(None, (expression, model)))


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(f"({_listed(item)})" if isinstance(item, list) else plain(item) for item in value)
    return plain(value)


def columns_about(call: TestCall, about: str) -> tuple[str, ...]:
    """The columns that a test is about, by the names of its arguments; of an expression each word."""
    found: list[str] = []
    for name in about.split():
        value = call.column if name == "column" else call.get(name)
        if name == "expression":
            value = re.findall(r"[A-Za-z_]\w*", plain(value))
        found += map(str, value if isinstance(value, list) else [value] if value else [])
    return tuple(dict.fromkeys(found))
