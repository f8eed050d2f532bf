"""What each test of the gate means: in words, as SQL over a row, and as texts of the report.

The texts are a contract (design.md, "Expectations"): one vocabulary for dbt's tests, the
package's and our own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ready.gate.faults import DuplicateFault, Fault, RowFault, TableFault, identifier, literal, plain


@dataclass(frozen=True)
class Rule:
    """A test with its arguments.

    columns: those whose values a sample shows. otherwise: the text when the shares of several
    faults are not known. counts_rows: dbt's number of failures is the number of rows at fault.
    """

    words: str
    faults: tuple[Fault, ...]
    columns: tuple[str, ...] = ()
    otherwise: str = ""
    counts_rows: bool = True

    def rows_sql(self, relation: str) -> str | None:
        """A query with every row at fault, whatever the fault."""
        if len(self.faults) == 1:
            return self.faults[0].rows_sql(relation)
        predicates = [fault.predicate for fault in self.faults if isinstance(fault, RowFault)]
        return RowFault("", " or ".join(filter(None, predicates)) or None).rows_sql(relation)


@dataclass(frozen=True)
class TestCall:
    """A test as written: its qualified name, the column or None, its arguments."""

    __test__ = False  # not one of pytest's

    test: str
    column: str | None
    arguments: Mapping[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        return self.arguments.get(name, default)

    @property
    def subject(self) -> str:
        return self.column or "orders_parsed"


NULL_TESTS = ("not_null", "dbt_expectations.expect_column_values_to_not_be_null")
EXISTENCE_TESTS = ("column_in_file", "dbt_expectations.expect_column_to_exist")

Builder = Callable[[TestCall], Rule]
RULES: dict[str, Builder] = {}


def rule_of(call: TestCall) -> Rule:
    """The rule behind a test; a test that is not known here is told by its name."""
    builder = RULES.get(call.test)
    if builder:
        return builder(call)
    fault = RowFault(f"{call.subject} has {{n}} failure(s) of {call.test}")
    return Rule(f"{call.subject} passes {call.test}", (fault,), _columns(call))


def _rule(*tests: str) -> Callable[[Builder], Builder]:
    def register(builder: Builder) -> Builder:
        RULES.update(dict.fromkeys(tests, builder))
        return builder

    return register


def _package(name: str) -> str:
    return f"dbt_expectations.expect_{name}"


def _columns(call: TestCall) -> tuple[str, ...]:
    return (call.column,) if call.column else ()


def _row_rule(
    call: TestCall, words: str, says: str, predicate: str | None, *, counts_rows: bool = True
) -> Rule:
    faults = (RowFault(f"{call.column} {says}", predicate),)
    return Rule(f"{call.column} {words}", faults, _columns(call), counts_rows=counts_rows)


def _sql(call: TestCall) -> str:
    return identifier(call.column or "")


@_rule(*NULL_TESTS)
def _not_null(call: TestCall) -> Rule:
    return _row_rule(call, "is never null", "has {n} null(s)", f"{_sql(call)} is null")


@_rule(_package("column_values_to_be_null"))
def _null(call: TestCall) -> Rule:
    return _row_rule(
        call, "is always null", "has {n} value(s) that should be null", f"{_sql(call)} is not null"
    )


@_rule("valid_timestamp")
def _valid_timestamp(call: TestCall) -> Rule:
    return _row_rule(call, "is a valid timestamp", "has {n} invalid timestamp(s)", _invalid_text(call))


@_rule("valid_number")
def _valid_number(call: TestCall) -> Rule:
    return _row_rule(call, "is a number", "has {n} non-numeric value(s)", _invalid_text(call))


def _invalid_text(call: TestCall) -> str:
    return f"{_sql(call)} is null and {identifier(f'{call.column}_raw')} is not null"


@_rule(*EXISTENCE_TESTS)
def _exists(call: TestCall) -> Rule:
    fault = TableFault(f"Missing column: {call.column}")
    return Rule(f"column {call.column} exists", (fault,))


@_rule("unique", _package("column_values_to_be_unique"))
def _unique(call: TestCall) -> Rule:
    return _duplicates(call, "is unique", (_sql(call),))


@_rule("unique_within_load")
def _unique_within_load(call: TestCall) -> Rule:
    return _duplicates(call, "is unique within a load", ("load_id", _sql(call)))


def _duplicates(call: TestCall, words: str, key: tuple[str, ...]) -> Rule:
    fault = DuplicateFault(f"{call.column} has {{n}} duplicate(s)", key, f"{_sql(call)} is not null")
    return Rule(f"{call.column} {words}", (fault,), _columns(call), counts_rows=False)


@_rule(_package("compound_columns_to_be_unique"))
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


@_rule("accepted_values")
def _accepted_values(call: TestCall) -> Rule:
    # dbt counts distinct values here; the report counts rows, as everywhere.
    values = call.get("values") or ()
    return _in_set(call, values, quoted=call.get("quote", True), counts_rows=False)


@_rule(_package("column_values_to_be_in_set"))
def _expect_in_set(call: TestCall) -> Rule:
    return _in_set(call, call.get("value_set") or (), quoted=call.get("quote_values", True))


def _in_set(call: TestCall, values: Any, *, quoted: bool, counts_rows: bool = True) -> Rule:
    predicate = f"{_sql(call)} not in ({_set(values, quoted)})"
    words = f"is one of {', '.join(map(plain, values))}"
    return _row_rule(call, words, "has {n} invalid value(s)", predicate, counts_rows=counts_rows)


@_rule(_package("column_values_to_not_be_in_set"))
def _not_in_set(call: TestCall) -> Rule:
    values = call.get("value_set") or ()
    predicate = f"{_sql(call)} in ({_set(values, call.get('quote_values', True))})"
    return _row_rule(
        call, f"is none of {', '.join(map(plain, values))}", "has {n} invalid value(s)", predicate
    )


def _set(values: Any, quoted: bool) -> str:
    return ", ".join((literal if quoted else plain)(value) for value in values)


@_rule("relationships")
def _relationships(call: TestCall) -> Rule:
    reference = re.search(r"""ref\(\s*['"](\w+)['"]""", plain(call.get("to")))
    target = f"{reference.group(1) if reference else call.get('to')}.{call.get('field')}"
    return _row_rule(call, f"is a value of {target}", f"has {{n}} value(s) not in {target}", None)


@_rule(_package("column_values_to_be_between"))
def _between(call: TestCall) -> Rule:
    faults = tuple(
        RowFault(f"{call.column} has {{n}} {sign} {plain(bound)}", f"{_sql(call)} {sign} {plain(bound)}")
        for sign, bound in _beyond(call)
    )
    otherwise = f"{call.column} has {{n}} not {_range(call)}"
    return Rule(f"{call.column} is {_range(call)}", faults, _columns(call), otherwise)


def _beyond(call: TestCall) -> list[tuple[str, Any]]:
    """The signs of values outside the bounds, lower bound first."""
    signs = ("<=", ">=") if call.get("strictly") else ("<", ">")
    bounds = (call.get("min_value"), call.get("max_value"))
    return [(sign, bound) for sign, bound in zip(signs, bounds, strict=True) if bound is not None]


def _range(call: TestCall) -> str:
    signs = (">", "<") if call.get("strictly") else (">=", "<=")
    bounds = (call.get("min_value"), call.get("max_value"))
    parts = [f"{sign} {plain(bound)}" for sign, bound in zip(signs, bounds, strict=True) if bound is not None]
    return " and ".join(parts)


@_rule(_package("column_value_lengths_to_be_between"))
def _lengths(call: TestCall) -> Rule:
    faults = tuple(
        RowFault(f"{call.column} has {{n}} value(s) of length {sign} {plain(bound)}",
                 f"length({_sql(call)}::text) {sign} {plain(bound)}")
        for sign, bound in _beyond(call)
    )  # fmt: skip
    otherwise = f"{call.column} has {{n}} value(s) of length not {_range(call)}"
    return Rule(f"{call.column} has a length {_range(call)}", faults, _columns(call), otherwise)


@_rule(_package("column_value_lengths_to_equal"))
def _length(call: TestCall) -> Rule:
    length = plain(call.get("value"))
    says = f"has {{n}} value(s) not of length {length}"
    return _row_rule(call, f"has length {length}", says, f"length({_sql(call)}::text) <> {length}")


@_rule(_package("column_values_to_match_regex"))
def _matches(call: TestCall) -> Rule:
    regex = plain(call.get("regex"))
    predicate = f"not ({_sql(call)} {_regex_operator(call)} {literal(regex)})"
    return _row_rule(call, f"matches {regex}", f"has {{n}} value(s) not matching {regex}", predicate)


@_rule(_package("column_values_to_not_match_regex"))
def _matches_not(call: TestCall) -> Rule:
    regex = plain(call.get("regex"))
    predicate = f"{_sql(call)} {_regex_operator(call)} {literal(regex)}"
    return _row_rule(call, f"does not match {regex}", f"has {{n}} value(s) matching {regex}", predicate)


def _regex_operator(call: TestCall) -> str:
    return "~*" if "i" in plain(call.get("flags", "")) else "~"


@_rule(_package("column_values_to_be_of_type"))
def _of_type(call: TestCall) -> Rule:
    wanted = plain(call.get("column_type"))
    return Rule(f"{call.column} is of type {wanted}", (TableFault(f"{call.column} is not of type {wanted}"),))


@_rule(_package("column_pair_values_A_to_be_greater_than_B"))
def _pair(call: TestCall) -> Rule:
    first, second = plain(call.get("column_A")), plain(call.get("column_B"))
    sign = ">=" if call.get("or_equal") else ">"
    fault = RowFault(
        f"{first} has {{n}} value(s) not {sign} {second}",
        f"not ({identifier(first)} {sign} {identifier(second)})",
    )
    return Rule(f"{first} {sign} {second}", (fault,), (first, second))


def _aggregate(name: str, noun: str, expression: str) -> None:
    def build(call: TestCall) -> Rule:
        measure = None if call.get("group_by") else expression.format(c=_sql(call))
        fault = TableFault(f"{call.subject} has {noun} {{value}} not {_range(call)}", measure)
        return Rule(f"{call.subject} has {noun} {_range(call)}", (fault,), _columns(call))

    RULES[_package(name)] = build


_aggregate("column_min_to_be_between", "minimum", "min({c})")
_aggregate("column_max_to_be_between", "maximum", "max({c})")
_aggregate("column_mean_to_be_between", "mean", "avg({c})")
_aggregate("column_sum_to_be_between", "sum", "sum({c})")
_aggregate("column_proportion_of_unique_values_to_be_between", "share of distinct values",
           "round(count(distinct {c})::numeric / nullif(count({c}), 0), 6)")  # fmt: skip
_aggregate("table_row_count_to_be_between", "row count", "count(*)")


@_rule(_package("table_row_count_to_equal"))
def _row_count(call: TestCall) -> Rule:
    wanted = plain(call.get("value"))
    fault = TableFault(f"{call.subject} has row count {{value}} not {wanted}", "count(*)")
    return Rule(f"{call.subject} has row count {wanted}", (fault,))


@_rule(_package("table_row_count_to_equal_other_table"))
def _row_count_of(call: TestCall) -> Rule:
    other = plain(call.get("compare_model"))
    fault = TableFault(f"{call.subject} has row count {{value}} not that of {other}", "count(*)")
    return Rule(f"{call.subject} has the row count of {other}", (fault,))


@_rule(_package("table_columns_to_contain_set"))
def _contains_columns(call: TestCall) -> Rule:
    columns = ", ".join(map(plain, call.get("column_list") or ()))
    fault = TableFault(f"{call.subject} does not have all columns of {columns}")
    return Rule(f"{call.subject} has the columns {columns}", (fault,))


@_rule(_package("row_values_to_have_recent_data"))
def _recent(call: TestCall) -> Rule:
    span = f"{plain(call.get('interval'))} {plain(call.get('datepart'))}(s)"
    fault = TableFault(
        f"{call.subject} has no value of the last {span}; latest: {{value}}", f"max({_sql(call)})"
    )
    return Rule(f"{call.subject} has a value of the last {span}", (fault,), _columns(call))
