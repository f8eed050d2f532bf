"""Rules that rows break."""

from __future__ import annotations

import re
from typing import Any

from ready.gate.faults import DuplicateFault, RowFault, identifier, literal, plain
from ready.gate.rules.base import NULL_TESTS, Rule, TestCall, columns_of, package, range_of, rule, sql_of


def _row_rule(
    call: TestCall, words: str, says: str, predicate: str | None, *, counts_rows: bool = True
) -> Rule:
    faults = (RowFault(f"{call.column} {says}", predicate),)
    return Rule(f"{call.column} {words}", faults, columns_of(call), counts_rows=counts_rows)


@rule(*NULL_TESTS)
def _not_null(call: TestCall) -> Rule:
    return _row_rule(call, "is never null", "has {n} null(s)", f"{sql_of(call)} is null")


@rule(package("column_values_to_be_null"))
def _null(call: TestCall) -> Rule:
    return _row_rule(
        call, "is always null", "has {n} value(s) that should be null", f"{sql_of(call)} is not null"
    )


@rule("valid_timestamp")
def _valid_timestamp(call: TestCall) -> Rule:
    return _row_rule(call, "is a valid timestamp", "has {n} invalid timestamp(s)", _invalid_text(call))


@rule("valid_number")
def _valid_number(call: TestCall) -> Rule:
    return _row_rule(call, "is a number", "has {n} non-numeric value(s)", _invalid_text(call))


def _invalid_text(call: TestCall) -> str:
    return (
        f"{sql_of(call)} is null and {identifier(call.get('raw_column') or f'{call.column}_raw')} is not null"
    )


@rule("unique", package("column_values_to_be_unique"))
def _unique(call: TestCall) -> Rule:
    return _duplicates(call, "is unique", (sql_of(call),))


@rule("unique_within_load")
def _unique_within_load(call: TestCall) -> Rule:
    return _duplicates(call, "is unique within a load", ("load_id", sql_of(call)))


def _duplicates(call: TestCall, words: str, key: tuple[str, ...]) -> Rule:
    fault = DuplicateFault(f"{call.column} has {{n}} duplicate(s)", key, f"{sql_of(call)} is not null")
    return Rule(f"{call.column} {words}", (fault,), columns_of(call), counts_rows=False)


@rule(package("compound_columns_to_be_unique"))
def _compound_unique(call: TestCall) -> Rule:
    columns = tuple(map(str, call.get("column_list") or ()))
    keys = tuple(map(identifier, columns))
    missing = " and ".join(f"{key} is null" for key in keys)
    any_missing = " or ".join(f"{key} is null" for key in keys)
    ignored = {"all_values_are_missing": missing, "any_value_is_missing": any_missing}
    counted = f"not ({ignored.get(str(call.get('ignore_row_if', 'all_values_are_missing')), 'false')})"
    name = ", ".join(columns)
    fault = DuplicateFault(f"({name}) has {{n}} duplicate(s)", keys, counted)
    return Rule(f"({name}) is unique", (fault,), columns, counts_rows=False)


@rule("accepted_values")
def _accepted_values(call: TestCall) -> Rule:
    # dbt counts distinct values here; the report counts rows, as everywhere.
    values = call.get("values") or ()
    predicate = f"not {_member(call, values, call.get('quote', True))}"
    return _in_set(call, values, predicate, counts_rows=False)


@rule(package("column_values_to_be_in_set"))
def _expect_in_set(call: TestCall) -> Rule:
    # Here a null is in no set and fails; with accepted_values it passes.
    values = call.get("value_set") or ()
    return _in_set(call, values, f"{_member(call, values, call.get('quote_values', True))} is not true")


def _in_set(call: TestCall, values: Any, predicate: str, *, counts_rows: bool = True) -> Rule:
    words = f"is one of {', '.join(map(plain, values))}"
    return _row_rule(call, words, "has {n} invalid value(s)", predicate, counts_rows=counts_rows)


@rule(package("column_values_to_not_be_in_set"))
def _not_in_set(call: TestCall) -> Rule:
    values = call.get("value_set") or ()
    predicate = _member(call, values, call.get("quote_values", True))
    return _row_rule(
        call, f"is none of {', '.join(map(plain, values))}", "has {n} invalid value(s)", predicate
    )


def _member(call: TestCall, values: Any, quoted: bool) -> str:
    """Whether the value is in the set. `=` takes a text as a number where the column is one, on Spark `in` does not."""
    equal = (f"{sql_of(call)} = {(literal if quoted else plain)(value)}" for value in values)
    return f"({' or '.join(equal) or 'false'})"


@rule("relationships", "foreign_key")
def _relationships(call: TestCall) -> Rule:
    reference = re.search(r"""ref\(\s*['"](\w+)['"]""", plain(call.get("to")))
    target = f"{reference.group(1) if reference else call.get('to')}.{call.get('field')}"
    return _row_rule(call, f"is a value of {target}", f"has {{n}} value(s) not in {target}", None)


@rule(package("column_values_to_be_between"))
def _between(call: TestCall) -> Rule:
    faults = tuple(
        RowFault(f"{call.column} has {{n}} {sign} {plain(bound)}", f"{sql_of(call)} {sign} {plain(bound)}")
        for sign, bound in _beyond(call)
    )
    otherwise = f"{call.column} has {{n}} not {range_of(call)}"
    return Rule(f"{call.column} is {range_of(call)}", faults, columns_of(call), otherwise)


def _beyond(call: TestCall) -> list[tuple[str, Any]]:
    """The signs of values outside the bounds, lower bound first."""
    signs = ("<=", ">=") if call.get("strictly") else ("<", ">")
    bounds = (call.get("min_value"), call.get("max_value"))
    return [(sign, bound) for sign, bound in zip(signs, bounds, strict=True) if bound is not None]


@rule(package("column_value_lengths_to_be_between"))
def _lengths(call: TestCall) -> Rule:
    faults = tuple(
        RowFault(f"{call.column} has {{n}} value(s) of length {sign} {plain(bound)}",
                 f"length({sql_of(call)}::text) {sign} {plain(bound)}")
        for sign, bound in _beyond(call)
    )  # fmt: skip
    otherwise = f"{call.column} has {{n}} value(s) of length not {range_of(call)}"
    return Rule(f"{call.column} has a length {range_of(call)}", faults, columns_of(call), otherwise)


@rule(package("column_value_lengths_to_equal"))
def _length(call: TestCall) -> Rule:
    length = plain(call.get("value"))
    says = f"has {{n}} value(s) not of length {length}"
    return _row_rule(call, f"has length {length}", says, f"length({sql_of(call)}::text) <> {length}")


@rule(package("column_values_to_match_regex"))
def _matches(call: TestCall) -> Rule:
    regex = plain(call.get("regex"))
    says = f"has {{n}} value(s) not matching {regex}"
    return _row_rule(call, f"matches {regex}", says, f"({_regex_match(call)}) is not true")


@rule(package("column_values_to_not_match_regex"))
def _matches_not(call: TestCall) -> Rule:
    regex = plain(call.get("regex"))
    says = f"has {{n}} value(s) matching {regex}"
    return _row_rule(call, f"does not match {regex}", says, _regex_match(call))


def _regex_match(call: TestCall) -> str:
    flags = plain(call.get("flags", "")).replace("g", "")
    given = f", {literal(flags)}" if flags else ""  # Spark's function has none
    return f"regexp_like({sql_of(call)}, {literal(plain(call.get('regex')))}{given})"


@rule(package("column_pair_values_A_to_be_greater_than_B"))
def _pair(call: TestCall) -> Rule:
    first, second = plain(call.get("column_A")), plain(call.get("column_B"))
    sign = ">=" if call.get("or_equal") else ">"
    fault = RowFault(
        f"{first} has {{n}} value(s) not {sign} {second}",
        f"not ({identifier(first)} {sign} {identifier(second)})",
    )
    return Rule(f"{first} {sign} {second}", (fault,), (first, second))
