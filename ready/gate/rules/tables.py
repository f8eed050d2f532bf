"""Rules that a table as a whole breaks."""

from __future__ import annotations

from ready.gate.faults import TableFault, plain
from ready.gate.rules.base import (
    EXISTENCE_TESTS,
    RULES,
    Rule,
    TestCall,
    columns_of,
    package,
    range_of,
    rule,
    sql_of,
)


@rule(*EXISTENCE_TESTS)
def _exists(call: TestCall) -> Rule:
    fault = TableFault(f"Missing column: {call.column}")
    return Rule(f"column {call.column} exists", (fault,))


@rule(package("column_values_to_be_of_type"))
def _of_type(call: TestCall) -> Rule:
    wanted = plain(call.get("column_type"))
    return Rule(f"{call.column} is of type {wanted}", (TableFault(f"{call.column} is not of type {wanted}"),))


def _aggregate(name: str, noun: str, expression: str) -> None:
    def build(call: TestCall) -> Rule:
        measure = None if call.get("group_by") else expression.format(c=sql_of(call))
        fault = TableFault(f"{call.subject} has {noun} {{value}} not {range_of(call)}", measure)
        return Rule(f"{call.subject} has {noun} {range_of(call)}", (fault,), columns_of(call))

    RULES[package(name)] = build


_aggregate("column_min_to_be_between", "minimum", "min({c})")

_aggregate("column_max_to_be_between", "maximum", "max({c})")

_aggregate("column_mean_to_be_between", "mean", "avg({c})")

_aggregate("column_sum_to_be_between", "sum", "sum({c})")

_aggregate("column_proportion_of_unique_values_to_be_between", "share of distinct values",
           "round(count(distinct {c})::numeric / nullif(count({c}), 0), 6)")  # fmt: skip

_aggregate("table_row_count_to_be_between", "row count", "count(*)")


@rule(package("table_row_count_to_equal"))
def _row_count(call: TestCall) -> Rule:
    wanted = plain(call.get("value"))
    fault = TableFault(f"{call.subject} has row count {{value}} not {wanted}", "count(*)")
    return Rule(f"{call.subject} has row count {wanted}", (fault,))


@rule(package("table_row_count_to_equal_other_table"))
def _row_count_of(call: TestCall) -> Rule:
    other = plain(call.get("compare_model"))
    fault = TableFault(f"{call.subject} has row count {{value}} not that of {other}", "count(*)")
    return Rule(f"{call.subject} has the row count of {other}", (fault,))


@rule(package("table_columns_to_contain_set"))
def _contains_columns(call: TestCall) -> Rule:
    columns = ", ".join(map(plain, call.get("column_list") or ()))
    fault = TableFault(f"{call.subject} does not have all columns of {columns}")
    return Rule(f"{call.subject} has the columns {columns}", (fault,))


@rule(package("row_values_to_have_recent_data"))
def _recent(call: TestCall) -> Rule:
    span = f"{plain(call.get('interval'))} {plain(call.get('datepart'))}(s)"
    fault = TableFault(f"{call.subject} has no value of the last {span}")
    return Rule(f"{call.subject} has a value of the last {span}", (fault,), columns_of(call))
