"""What the gate says of the tests of the published packages, and that its two halves know the same ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from gate_artifacts import assert_says
from test_dbt_expectations_signatures import needs_published_list, published_signatures

from ready.gate.rules import TestCall, rule_of
from ready.gate.rules.base import RULES
from ready.gate.rules.published import ALONE, OF_MANY_ROWS

ROOT = Path(__file__).resolve().parents[3]
MACRO = (ROOT / "macros" / "gate" / "rows_alone.sql").read_text()
LOOKALIKE = ROOT / "tests" / "python" / "lookalike"
E, X, U = "dbt_expectations.expect_", "dbt_expectations.", "dbt_utils."

# The test, its column, its arguments, and what is said of 3 failures where nothing can be measured.
# fmt: off
VOCABULARY: list[tuple[str, str | None, dict[str, Any], str]] = [
    (X + "expression_is_true", None, {"expression": "amount", "test_condition": "> 0"},
     "orders_parsed has 3 row(s) that break amount > 0"),
    (X + "expression_is_true", None, {"expression": "sum(amount)  = 1"},
     "orders_parsed breaks sum(amount) = 1"),
    (X + "expression_is_true", None, {"expression": "amount > 0", "group_by_columns": ["status"]},
     "orders_parsed breaks amount > 0"),
    (E + "column_values_to_match_like_pattern_list", "status",
     {"like_pattern_list": ["a%", "b"], "match_on": "all"},
     "status has 3 value(s) not like all of a%, b"),
    (E + "column_values_to_not_match_regex_list", "status", {"regex_list": ["[0-9]{2}", "b"]},
     "status has 3 value(s) matching all of [0-9]{2}, b"),
    (E + "column_pair_values_to_be_in_set", None,
     {"column_A": "a", "column_B": "b", "value_pairs_set": [[0, 1], [1, 0]]}, "(a, b) has 3 invalid pair(s)"),
    (E + "column_values_to_be_decreasing", "amount", {"sort_column": "order_ts"},
     "amount has 3 value(s) not below the one before in order of order_ts"),
    (E + "column_distinct_values_to_equal_set", "status", {"value_set": ["a", "b"]},
     "status has 3 value(s) too many or too few of a, b"),
    (E + "column_values_to_be_within_n_stdevs", "amount", {"group_by": ["order_ts"]},
     "amount has 3 sum(s) beyond 3 standard deviations"),
    (E + "column_values_to_be_within_n_moving_stdevs", "amount", {"date_column_name": "order_ts"},
     "amount has 3 period(s) beyond 3 moving standard deviations"),
    (E + "table_column_count_to_be_between", None, {"max_value": 3},
     "orders_parsed has a number of columns not <= 3"),
    (E + "table_column_count_to_equal_other_table", None, {"compare_model": "ref('x')"},
     "orders_parsed does not have as many columns as ref('x')"),
    (E + "table_columns_to_match_ordered_list", None, {"column_list": ["a", "b"]},
     "orders_parsed does not have the columns a, b in this order"),
    (E + "table_columns_to_match_set", None, {"column_list": ["a", "b"]},
     "orders_parsed does not have exactly the columns a, b"),
    (E + "grouped_row_values_to_have_recent_data", None,
     {"group_by": ["status"], "timestamp_column": "order_ts", "datepart": "day", "interval": 2},
     "order_ts has no value of the last 2 day(s) in 3 status"),
    (E + "row_values_to_have_data_for_every_n_datepart", None, {"date_col": "order_ts"},
     "order_ts has no row for 3 day(s)"),
    (U + "not_empty_string", "status", {}, "status has 3 empty value(s)"),
    (U + "accepted_range", "amount", {"min_value": 0, "max_value": 9, "inclusive": False},
     "amount has 3 not > 0 and < 9"),
    (U + "sequential_values", "amount", {"interval": 1},
     "amount has 3 value(s) that are not 1 after the one before"),
    (U + "mutually_exclusive_ranges", None, {"lower_bound_column": "a", "upper_bound_column": "b"},
     "orders_parsed has 3 range(s) of a to b that overlap"),
    (U + "at_least_one", "amount", {}, "amount has no value"),
    (U + "cardinality_equality", "status", {"to": "ref('x')", "field": "s"},
     "status has 3 value(s) not as often as ref('x').s"),
    (U + "equality", None, {"compare_model": "ref('x')"},
     "orders_parsed has 3 row(s) that differ from ref('x')"),
    (U + "fewer_rows_than", None, {"compare_model": "ref('x')"},
     "orders_parsed has row count not below that of ref('x')"),
    ("somebody.else_s", "amount", {"limit": 5}, "amount has 3 failure(s) of somebody.else_s(limit=5)"),
]
# fmt: on


@pytest.mark.parametrize(("test", "column", "arguments", "text"), VOCABULARY, ids=str)
def test_each_fault_has_its_text(
    tmp_path: Path, test: str, column: str | None, arguments: dict[str, Any], text: str
) -> None:
    assert_says(tmp_path, test, column, arguments, text)


@needs_published_list
def test_every_published_test_has_words_of_its_own() -> None:
    assert [name for name in published_signatures() if X + name not in RULES] == []


def test_the_report_and_the_build_know_the_same_rules_of_rows() -> None:
    named = set(re.findall(r"'(dbt_(?:expectations|utils)\.\w+)'", MACRO))
    assert named == {*ALONE, E + "column_value_lengths_to_equal"}
    (pattern,) = re.findall(r"of_many = '\(\?i\)(.+)'", MACRO)
    assert pattern.replace("\\\\", "\\") == OF_MANY_ROWS.pattern


@needs_published_list
def test_the_look_alikes_have_the_published_signatures() -> None:
    """Of dbt_utils and of the three on expressions there is no list."""
    sql = "".join(file.read_text() for file in (LOOKALIKE / "dbt_expectations").rglob("*.sql"))
    declared = {
        name: " ".join(arguments.split())
        for name, arguments in re.findall(r"{% test (expect_\w+)\((.*?)\) %}", sql, re.DOTALL)
    }
    published = published_signatures()
    assert declared == {name: published[name] for name in declared}


def test_a_predicate_of_the_test_s_own_sql_reads_one_row() -> None:
    rule = rule_of(TestCall(X + "expression_is_true", None, {"expression": "amount > 0"}))
    own = rule.by_own_sql('select 1 from "stg"."orders_parsed" where not amount > 0', '"stg"."orders_parsed"')
    sql = own.rows_sql("orders as checked") or ""
    assert "with one_row as (select checked.*)" in sql
    assert "select 1 from one_row where not amount > 0" in sql
    assert rule.by_own_sql(None, "orders").rows_sql("orders") is None
