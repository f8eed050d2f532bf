"""Rules that a table as a whole breaks."""

from __future__ import annotations

from functools import partial
from typing import Any

from ready.gate.faults import TableFault, plain
from ready.gate.rules.base import (
    EXISTENCE_TESTS,
    RULES,
    Rule,
    TestCall,
    bounds_of,
    columns_of,
    package,
    rule,
    sql_of,
)
from ready.gate.rules.words import columns_about, filled, filled_sql

DISTINCT = "number of distinct values"


@rule(*EXISTENCE_TESTS)
def _exists(call: TestCall) -> Rule:
    fault = TableFault(f"Missing column: {call.column}")
    return Rule(f"column {call.column} exists", (fault,))


@rule(package("column_values_to_be_of_type"))
def _of_type(call: TestCall) -> Rule:
    wanted = plain(call.get("column_type"))
    fault = TableFault(f"{call.column} is not of type {wanted} {{returned}}")
    return Rule(f"{call.column} is of type {wanted}", (fault,), columns_of(call))


# Test -> what it measures, in words and in SQL, and the sign between that and the argument `value`.
# fmt: off
AGGREGATES = {
    package("column_min_to_be_between"): ("minimum", "min({c})", ""),
    package("column_max_to_be_between"): ("maximum", "max({c})", ""),
    package("column_mean_to_be_between"): ("mean", "avg({c})", ""),
    package("column_sum_to_be_between"): ("sum", "sum({c})", ""),
    package("column_stdev_to_be_between"): ("standard deviation", "stddev({c})", ""),
    package("column_median_to_be_between"):
        ("median", "percentile_cont(0.5) within group (order by {c})", ""),
    package("column_quantile_values_to_be_between"):
        ("quantile {quantile}", "percentile_cont({quantile}) within group (order by {c})", ""),
    package("column_proportion_of_unique_values_to_be_between"):
        ("share of distinct values", "round(count(distinct {c})::numeric / nullif(count({c}), 0), 6)", ""),
    package("column_unique_value_count_to_be_between"): (DISTINCT, "count(distinct {c})", ""),
    package("column_distinct_count_to_equal"): (DISTINCT, "count(distinct {c})", "="),
    package("column_distinct_count_to_be_greater_than"): (DISTINCT, "count(distinct {c})", ">"),
    package("column_distinct_count_to_be_less_than"): (DISTINCT, "count(distinct {c})", "<"),
    package("table_row_count_to_be_between"): ("row count", "count(*)", ""),
    package("table_row_count_to_equal"): ("row count", "count(*)", "="),
    package("multicolumn_sum_to_equal"): ("sum of {column_list}", "{total}", "="),
    "dbt_expectations.expression_between": ("{expression}", "{expression}", ""),
    "dbt_utils.not_null_proportion":
        ("share of values", "round(count({c})::numeric / nullif(count(*), 0), 6)", ""),
}
# fmt: on


def _aggregate(call: TestCall, noun: str, measure: str, sign: str) -> Rule:
    total = " + ".join(f"sum({column})" for column in call.get("column_list") or ())
    noun, measure = filled(noun, call), filled_sql(measure, call, {"c": sql_of(call), "total": total})
    bounds = [(sign, _wanted(call))] if sign else bounds_of(call)
    wanted = " and ".join(f"{sign} {plain(bound)}" for sign, bound in bounds).removeprefix("= ")
    holds = " and ".join(f"{measure} {sign} {plain(bound)}" for sign, bound in bounds)
    groups = tuple(map(str, call.get("group_by") or call.get("group_by_columns") or ()))
    shown = f"concat({measure}, ' against ', {wanted})" if wanted.startswith("sum(") else measure
    fault = TableFault(f"{call.subject} has {noun} {{value}} not {wanted}", shown, groups, holds)
    columns = (*columns_of(call), *groups, *columns_about(call, "column_list sum_total expression"))
    return Rule(f"{call.subject} has {noun} {wanted}", (fault,), columns)


def _wanted(call: TestCall) -> Any:
    """What an aggregate is to be: a value, or the sum of another column."""
    total = call.get("sum_total")
    return call.get("value") if total is None else f"sum({total})" if isinstance(total, str) else total


RULES.update(
    {
        test: partial(_aggregate, noun=noun, measure=measure, sign=sign)
        for test, (noun, measure, sign) in AGGREGATES.items()
    }
)


@rule(package("table_row_count_to_equal_other_table"))
def _row_count_of(call: TestCall) -> Rule:
    other = plain(call.get("compare_model"))
    fault = TableFault(f"{call.subject} has row count {{value}} not that of {other} {{returned}}", "count(*)")
    return Rule(f"{call.subject} has the row count of {other}", (fault,))


@rule(package("table_columns_to_contain_set"))
def _contains_columns(call: TestCall) -> Rule:
    columns = ", ".join(map(plain, call.get("column_list") or ()))
    fault = TableFault(f"{call.subject} does not have all columns of {columns} {{returned}}")
    return Rule(f"{call.subject} has the columns {columns}", (fault,))


@rule(package("row_values_to_have_recent_data"))
def _recent(call: TestCall) -> Rule:
    span = f"{plain(call.get('interval'))} {plain(call.get('datepart'))}(s)"
    fault = TableFault(f"{call.subject} has no value of the last {span} {{returned}}")
    return Rule(f"{call.subject} has a value of the last {span}", (fault,), columns_of(call))
