"""Values of a test's arguments that dbt would refuse, or take for something else in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ready.lint.document import Document, KeyPath, is_jinja
from ready.lint.finding import Finding

# Argument -> the argument that says whether its values are texts.
SETS = {"values": "quote", "value_set": "quote_values"}
LISTS = (*SETS, "column_list")
BOUNDS = ("min_value", "max_value")
PROPORTIONS = ("dbt_expectations.expect_column_proportion_of_unique_values_to_be_between",)
# As a bound it would be a subtraction: 2024-01-31 is 1992.
BARE_DATE = re.compile(r" *([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*)?")


def check_arguments(
    document: Document, test: str, given: Mapping[str, tuple[KeyPath, Any]], *, of_boolean: bool
) -> Iterator[Finding]:
    """Sets that are none, with values that are no text, bounds that leave no room.

    given: argument -> its place and its value. of_boolean: the column is true or false.
    """
    if test != "accepted_values" and not test.startswith("dbt_expectations."):
        return
    for name, (path, value) in given.items():
        if name in LISTS and not is_jinja(value):
            if not isinstance(value, list) or not value:
                yield document.finding(path, f"{test}: {name} is not a list of one value or more")
            elif name in SETS and not of_boolean:
                quoted = given.get(SETS[name], (path, True))[1]
                yield from texts_only(document, path, value) if quoted is not False else ()
    yield from _bounds(document, test, given)


def texts_only(document: Document, path: KeyPath, values: list[Any]) -> Iterator[Finding]:
    """What yaml makes of a bare NO or NULL is not the text that its author meant."""
    for index, value in enumerate(values):
        if isinstance(value, bool):
            bare, read = ("true, yes or on", "true") if value else ("false, no or off", "false")
        elif value is None:
            bare, read = "NULL", "null"
        else:
            continue
        why = f"a bare {bare} is yaml's {read}: put it in quotes"
        yield document.finding((*path, index), f"{path[-1]}[{index + 1}]: {read} is not text ({why})")


def _bounds(document: Document, test: str, given: Mapping[str, tuple[KeyPath, Any]]) -> Iterator[Finding]:
    for name in BOUNDS:
        path, value = given.get(name, ((), None))
        if isinstance(value, bool | list | dict) or (isinstance(value, str) and BARE_DATE.fullmatch(value)):
            hint = "such as \"date '2024-01-31'\""
            yield document.finding(path, f"{test}: {name} is no number, nor an SQL expression", hint)
        if test in PROPORTIONS and isinstance(value, int | float) and not 0 <= value <= 1:
            yield document.finding(path, f"{test}: {name} is a share of 0 to 1, not {value}")
    low, high = (given.get(name, ((), None))[1] for name in BOUNDS)
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return
    strictly = given.get("strictly", ((), False))[1] is True
    if low > high or (low == high and strictly):
        message = f"{test}: min_value ({low}) is not below max_value ({high})"
        yield document.finding(given["min_value"][0], message)
