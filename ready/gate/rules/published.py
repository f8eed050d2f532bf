"""Tests of the published packages that no rule of another file is about, as data.

A test in ALONE finds a row at fault by that row alone: its own SQL, given no other row, says so, whatever it
returns. One in AMONG judges rows by others. One in TABLES judges the table. Texts take the test's arguments
by name, and what `_arguments` adds; `{returned}` is what the test returned, `{value}` what is measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from ready.gate.faults import DuplicateFault, RowFault, TableFault, identifier, plain
from ready.gate.rules.base import RULES, Rule, TestCall, rule
from ready.gate.rules.words import columns_about, filled, filled_sql

EXPECT, UTILS = "dbt_expectations.expect_", "dbt_utils."
EXPRESSIONS = ("dbt_expectations.expression_is_true", UTILS + "expression_is_true")
# What makes one value of many rows; as macros/gate/rows_alone.sql has it.
OF_MANY_ROWS = re.compile(
    r"\b(count|sum|avg|min|max|std\w+|var_\w+|percentile_\w+|mode|\w+_agg|bool_\w+|every|over|filter)\s*[(]",
    re.I,
)
COMPARISON = re.compile(r">=|<=|<>|!=|=|>|<")


@dataclass(frozen=True)
class Wording:
    """words: what the test demands. says: of its faults. about: the arguments that name its columns."""

    words: str
    says: str
    about: str = "column"
    counts_rows: bool = True
    measure: str = ""


LIKE = "column_values_to_{}match_{}"
PATTERNS = {
    LIKE.format("", "like_pattern"): ("is like {like_pattern}", "not like {like_pattern}"),
    LIKE.format("not_", "like_pattern"): ("is not like {like_pattern}", "like {like_pattern}"),
    LIKE.format("", "like_pattern_list"): ("is like {asked} {patterns}", "not like {asked} {patterns}"),
    LIKE.format("not_", "like_pattern_list"): ("is unlike {asked} {patterns}", "like {others} {patterns}"),
    LIKE.format("", "regex_list"): ("matches {asked} {patterns}", "not matching {asked} {patterns}"),
    LIKE.format("not_", "regex_list"): ("does not match {asked} {patterns}", "matching {others} {patterns}"),
}
ALONE = {
    **{EXPECT + name: Wording(f"{{column}} {words}", f"{{column}} has {{n}} value(s) {says}")
       for name, (words, says) in PATTERNS.items()},
    **{name: Wording("{column} {expression}", "{subject} has {n} row(s) that break {column} {expression}",
                  "column expression") for name in EXPRESSIONS},
    EXPECT + "column_pair_values_to_be_equal": Wording(
        "{column_A} equals {column_B}", "{column_A} has {n} value(s) not equal to {column_B}",
        "column_A column_B"),
    EXPECT + "column_pair_values_to_be_in_set": Wording(
        "({column_A}, {column_B}) is one of {value_pairs_set}",
        "({column_A}, {column_B}) has {n} invalid pair(s)", "column_A column_B"),
    EXPECT + "select_column_values_to_be_unique_within_record": Wording(
        "{column_list} differ in each row", "({column_list}) has {n} row(s) with one value twice",
        "column_list"),
    # These two return each value once.
    EXPECT + "column_distinct_values_to_be_in_set": Wording(
        "{column} is one of {value_set}", "{column} has {n} invalid value(s)", counts_rows=False),
    UTILS + "not_accepted_values": Wording(
        "{column} is none of {values}", "{column} has {n} invalid value(s)", counts_rows=False),
    UTILS + "accepted_range": Wording("{column} is {range}", "{column} has {n} not {range}"),
    UTILS + "not_empty_string": Wording("{column} is never empty", "{column} has {n} empty value(s)"),
}  # fmt: skip
AMONG = {
    EXPECT + "column_values_to_be_increasing": Wording(
        "{column} increases{in_order}", "{column} has {n} value(s) not above the one before{in_order}"),
    EXPECT + "column_values_to_be_decreasing": Wording(
        "{column} decreases{in_order}", "{column} has {n} value(s) not below the one before{in_order}"),
    UTILS + "sequential_values": Wording(
        "{column} goes up by {interval}",
        "{column} has {n} value(s) that are not {interval} after the one before"),
    UTILS + "mutually_exclusive_ranges": Wording(
        "no range of {lower_bound_column} to {upper_bound_column} overlaps another",
        "orders_parsed has {n} range(s) of {lower_bound_column} to {upper_bound_column} that overlap",
        "lower_bound_column upper_bound_column"),
}  # fmt: skip
SPAN = "{interval} {datepart}(s)"
OTHER = "{compare_model}{column_of_other}"
TABLES = {
    EXPECT + "column_distinct_values_to_contain_set": Wording(
        "{column} has all of {value_set}", "{column} lacks {n} of the values {value_set} {returned}"),
    EXPECT + "column_distinct_values_to_equal_set": Wording(
        "{column} has exactly the values {value_set}",
        "{column} has {n} value(s) too many or too few of {value_set} {returned}"),
    EXPECT + "column_most_common_value_to_be_in_set": Wording(
        "the most common value of {column} is one of {value_set}",
        "{column} has a most common value that is none of {value_set} {returned}"),
    EXPECT + "column_values_to_be_in_type_list": Wording(
        "{column} is of a type of {column_type_list}",
        "{column} is of no type of {column_type_list} {returned}"),
    EXPECT + "column_values_to_be_within_n_stdevs": Wording(
        "{column} is within {sigma_threshold} standard deviations",
        "{column} has {n} sum(s) beyond {sigma_threshold} standard deviations {returned}", "column group_by"),
    EXPECT + "column_values_to_be_within_n_moving_stdevs": Wording(
        "{column} is within {sigma_threshold} moving standard deviations",
        "{column} has {n} period(s) beyond {sigma_threshold} moving standard deviations {returned}",
        "column group_by date_column_name"),
    EXPECT + "column_distinct_count_to_equal_other_table": Wording(
        f"{{column}} has as many distinct values as {OTHER}",
        f"{{column}} has {{value}} distinct values, not as many as {OTHER} {{returned}}",
        measure="count(distinct {column})"),
    "dbt_expectations.equal_expression": Wording(
        "{expression} equals {compared}", "{subject} has {expression} not equal to {compared} {returned}",
        "expression group_by"),
    EXPECT + "table_aggregation_to_equal_other_table": Wording(
        "{expression} equals {compared}",
        "{subject} has {expression} {value} not that of {compared} {returned}",
        "expression group_by", measure="{expression}"),
    EXPECT + "table_row_count_to_equal_other_table_times_factor": Wording(
        "{subject} has {factor} times the row count of {compare_model}",
        "{subject} has row count {value} not {factor} times that of {compare_model} {returned}",
        "group_by", measure="count(*)"),
    EXPECT + "table_column_count_to_be_between": Wording(
        "{subject} has a number of columns {range}",
        "{subject} has a number of columns not {range} {returned}"),
    EXPECT + "table_column_count_to_equal": Wording(
        "{subject} has {wanted} columns", "{subject} does not have {wanted} columns {returned}"),
    EXPECT + "table_column_count_to_equal_other_table": Wording(
        "{subject} has as many columns as {compare_model}",
        "{subject} does not have as many columns as {compare_model} {returned}"),
    EXPECT + "table_columns_to_match_ordered_list": Wording(
        "{subject} has the columns {column_list} in this order",
        "{subject} does not have the columns {column_list} in this order {returned}"),
    EXPECT + "table_columns_to_match_set": Wording(
        "{subject} has exactly the columns {column_list}",
        "{subject} does not have exactly the columns {column_list} {returned}"),
    EXPECT + "table_columns_to_not_contain_set": Wording(
        "{subject} has none of the columns {column_list}",
        "{subject} has columns of {column_list} {returned}"),
    EXPECT + "grouped_row_values_to_have_recent_data": Wording(
        f"{{timestamp_column}} has a value of the last {SPAN} in each {{group_by}}",
        f"{{timestamp_column}} has no value of the last {SPAN} in {{n}} {{group_by}} {{returned}}",
        "timestamp_column group_by"),
    EXPECT + "row_values_to_have_data_for_every_n_datepart": Wording(
        "{date_col} has a row for every {interval} {date_part}",
        "{date_col} has no row for {n} {date_part}(s) {returned}", "date_col"),
    UTILS + "at_least_one": Wording("{column} has a value", "{column} has no value"),
    UTILS + "not_constant": Wording(
        "{column} has several values", "{column} is {value} everywhere", measure="max({column})"),
    UTILS + "cardinality_equality": Wording(
        "{column} has the values of {to}.{field}, as often",
        "{column} has {n} value(s) not as often as {to}.{field} {returned}"),
    UTILS + "equality": Wording("{subject} equals {compare_model}",
                             "{subject} has {n} row(s) that differ from {compare_model}"),
    UTILS + "equal_rowcount": Wording(
        "{subject} has the row count of {compare_model}",
        "{subject} has row count {value} not that of {compare_model} {returned}", measure="count(*)"),
    UTILS + "fewer_rows_than": Wording(
        "{subject} has fewer rows than {compare_model}",
        "{subject} has row count {value} not below that of {compare_model} {returned}", measure="count(*)"),
    UTILS + "recency": Wording(
        f"{{field}} has a value of the last {SPAN}",
        f"{{field}} has no value of the last {SPAN}, its latest is {{value}}", "field",
        measure="max({field})"),
}  # fmt: skip


def _alone(call: TestCall, wording: Wording) -> Rule:
    of_many = call.get("group_by_columns") or OF_MANY_ROWS.search(plain(call.get("expression")))
    return _of_many_rows(call) if of_many else _row_rule(call, wording, alone=True)


def _row_rule(call: TestCall, wording: Wording, *, alone: bool = False, among_others: bool = False) -> Rule:
    fault = RowFault(filled(wording.says, call))
    return Rule(filled(wording.words, call), (fault,), columns_about(call, wording.about),
                counts_rows=wording.counts_rows, alone=alone, among_others=among_others)  # fmt: skip


def _of_many_rows(call: TestCall) -> Rule:
    """An expression with a sum, count or the like: reports the values on both sides."""
    broken = filled("{column} {expression}", call)
    measure = None if call.get("group_by_columns") else _both_sides(filled_sql("{column} {expression}", call))
    says = f"{call.subject} breaks {broken}" + (": {value}" if measure else " {returned}")
    columns = columns_about(call, "column expression group_by_columns")
    return Rule(broken, (TableFault(says, measure),), columns)


def _both_sides(expression: str) -> str | None:
    """SQL for the values that the expression compares; None for one that is no single comparison."""
    for sign in COMPARISON.finditer(expression):
        left, right = expression[: sign.start()], expression[sign.end() :]
        if left.count("(") == left.count(")") and left.count("'") % 2 == 0:
            return f"concat({left.strip()}, ' {sign[0]} ', {right.strip()})"
    return None


def _table(call: TestCall, wording: Wording) -> Rule:
    grouped = call.get("group_by") or call.get("group_by_columns")
    measure = filled_sql(wording.measure, call) if wording.measure and not grouped else None
    fault = TableFault(filled(wording.says, call), measure)
    return Rule(filled(wording.words, call), (fault,), columns_about(call, wording.about))


@rule(EXPECT + "column_values_to_have_consistent_casing")
def _consistent_casing(call: TestCall) -> Rule:
    column = identifier(call.column or "")
    spellings = f"select lower({column}) from {{relation}} group by lower({column})"
    predicate = f"lower({column}) in ({spellings} having count(distinct {column}) > 1)"
    says = f"{call.column} has {{n}} value(s) that others differ from in case only"
    return Rule(f"{call.column} has one case", (RowFault(says, predicate),), (call.column or "",),
                counts_rows=False, among_others=True)  # fmt: skip


@rule(UTILS + "unique_combination_of_columns")
def _unique_combination(call: TestCall) -> Rule:
    columns = tuple(map(str, call.get("combination_of_columns") or ()))
    name = f"({', '.join(columns)})"
    fault = DuplicateFault(f"{name} has {{n}} duplicate(s)", tuple(map(identifier, columns)), "true")
    return Rule(f"{name} is unique", (fault,), columns, counts_rows=False)


@rule(UTILS + "relationships_where")
def _relationships_where(call: TestCall) -> Rule:
    return RULES["relationships"](call)


RULES.update({name: partial(_alone, wording=one) for name, one in ALONE.items()})
RULES.update({name: partial(_row_rule, wording=one, among_others=True) for name, one in AMONG.items()})
RULES.update({name: partial(_table, wording=one) for name, one in TABLES.items()})
