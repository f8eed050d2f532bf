"""Counts and samples of the report, on a hand-made orders_parsed in a real database."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from gate_artifacts import Gate

from ready.gate.console import render_console
from ready.gate.html import render_html
from ready.gate.model import Check
from ready.postgres.connection import ConnectionParams

EXPECT = "dbt_expectations.expect_"
# Line 3 repeats the order of line 2; line 9 repeats it in another load.
TABLE = """
create schema stg;
create schema meta;
create table stg.orders_parsed as
select
    load_id, line_number, file_name, order_id, order_id as order_id_raw,
    case when pg_input_is_valid(amount, 'numeric') then amount::numeric end as amount, amount as amount_raw,
    case when pg_input_is_valid(day, 'date') then day::timestamptz end as order_ts, day as order_ts_raw,
    upper(currency) as currency, currency as currency_raw, lower(status) as status, status as status_raw
from (values
    (1, 2, 'a.csv', 'A1', '5.0', '2025-01-01', 'EUR', 'new'),
    (1, 3, 'a.csv', 'A1', '-5.0', '2025-01-02', 'EUR', 'New'),
    (1, 4, 'a.csv', 'A2', '99.0', 'someday', 'usd', 'n3w'),
    (1, 5, 'a.csv', 'A3', 'five', '2025-01-03', null, 'lost'),
    (1, 6, 'a.csv', null, '-1.0', '2025-01-03', 'EUR', null),
    (2, 9, 'b.csv', 'A1', '7.0', '2025-01-04', 'EUR', 'new')
) as files (load_id, line_number, file_name, order_id, amount, day, currency, status)
"""
COPY_LINE_4 = """
insert into stg.orders_parsed
select parsed.* from stg.orders_parsed as parsed, generate_series(1, 11) where line_number = 4
"""


@pytest.fixture
def warehouse(database: ConnectionParams) -> ConnectionParams:
    execute(database, TABLE)
    return database


def execute(database: ConnectionParams, statement: str) -> None:
    with contextlib.closing(database.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def check_of(gate: Gate, warehouse: ConnectionParams, folder: Path) -> Check:
    return gate.report(folder, connect=warehouse.connect).checks[0]


# The test, its column, its arguments, the text, the places and values of its samples.
# fmt: off
RULES: list[tuple[str, str | None, dict[str, Any], list[str], list[tuple[int, str | None]]]] = [
    ("not_null", "order_id", {}, ["order_id has 1 null(s)"], [(6, None)]),
    ("not_null", "order_ts", {}, ["order_ts has 1 null(s)"], [(4, "someday")]),
    (EXPECT + "column_values_to_be_null", "status", {"row_condition": "line_number > 5"},
     ["status has 1 value(s) that should be null"], [(9, "new")]),
    ("unique", "order_id", {}, ["order_id has 2 duplicate(s)"], [(2, "A1"), (3, "A1"), (9, "A1")]),
    ("unique_within_load", "order_id", {}, ["order_id has 1 duplicate(s)"], [(2, "A1"), (3, "A1")]),
    (EXPECT + "compound_columns_to_be_unique", None, {"column_list": ["order_id", "currency"]},
     ["(order_id, currency) has 2 duplicate(s)"],
     [(line, "order_id=A1, currency=EUR") for line in (2, 3, 9)]),
    ("valid_timestamp", "order_ts", {}, ["order_ts has 1 invalid timestamp(s)"], [(4, "someday")]),
    ("valid_number", "amount", {}, ["amount has 1 non-numeric value(s)"], [(5, "five")]),
    (EXPECT + "column_values_to_be_between", "amount", {"min_value": 0, "max_value": 10},
     ["amount has 2 < 0", "amount has 1 > 10"], [(3, "-5.0"), (4, "99.0"), (6, "-1.0")]),
    (EXPECT + "column_values_to_be_between", "amount", {"min_value": 0, "max_value": 1000},
     ["amount has 2 < 0"], [(3, "-5.0"), (6, "-1.0")]),
    (EXPECT + "column_values_to_be_between", "order_ts", {"min_value": "'2025-01-04'::timestamptz"},
     ["order_ts has 1 < '2025-01-04'::timestamptz"],
     [(2, "2025-01-01"), (3, "2025-01-02"), (5, "2025-01-03"), (6, "2025-01-03")]),
    ("accepted_values", "status", {"values": ["new"]}, ["status has 2 invalid value(s)"],
     [(4, "n3w"), (5, "lost")]),
    (EXPECT + "column_values_to_be_in_set", "currency", {"value_set": ["EUR"]},
     ["currency has 1 invalid value(s)"], [(4, "usd"), (5, None)]),
    (EXPECT + "column_values_to_not_be_in_set", "status", {"value_set": ["lost"]},
     ["status has 1 invalid value(s)"], [(5, "lost")]),
    (EXPECT + "column_values_to_match_regex", "status", {"regex": "^[A-Z]+$", "flags": "i"},
     ["status has 1 value(s) not matching ^[A-Z]+$"], [(4, "n3w"), (6, None)]),
    (EXPECT + "column_values_to_not_match_regex", "status", {"regex": "\\d"},
     ["status has 1 value(s) matching \\d"], [(4, "n3w")]),
    (EXPECT + "column_value_lengths_to_be_between", "status", {"min_value": 1, "max_value": 3},
     ["status has 1 value(s) of length > 3"], [(5, "lost")]),
    (EXPECT + "column_pair_values_A_to_be_greater_than_B", None,
     {"column_A": "line_number", "column_B": "amount"}, ["line_number has 1 value(s) not > amount"],
     [(2, "line_number=2, amount=5.0"), (4, "line_number=4, amount=99.0")]),
    (EXPECT + "column_max_to_be_between", "amount", {"max_value": 9},
     ["amount has maximum 99.0 not <= 9"], []),
    ("dbt_expectations.expression_between", None,
     {"expression": "count(*) filter (where repeat(' ', 2) = '  ')", "min_value": 10},
     ["orders_parsed has count(*) filter (where repeat(' ', 2) = ' ') 6 not >= 10"], []),
    (EXPECT + "table_row_count_to_be_between", None, {"min_value": 10},
     ["orders_parsed has row count 6 not >= 10"], []),
]
# fmt: on


@pytest.mark.parametrize(("test", "column", "arguments", "texts", "samples"), RULES, ids=str)
def test_each_rule_finds_its_rows(
    warehouse: ConnectionParams,
    tmp_path: Path,
    test: str,
    column: str | None,
    arguments: dict[str, Any],
    texts: list[str],
    samples: list[tuple[int, str | None]],
) -> None:
    gate = Gate()
    gate.add(test, column, **arguments)
    check = check_of(gate, warehouse, tmp_path)
    assert list(check.texts) == texts
    assert [(sample.line, sample.value) for sample in check.sample] == samples


def test_a_sample_has_the_file_and_the_whole_row_as_in_the_file(
    warehouse: ConnectionParams, tmp_path: Path
) -> None:
    gate = Gate()
    gate.add("valid_timestamp", "order_ts")
    sample = check_of(gate, warehouse, tmp_path).sample[0]
    assert sample.place == "a.csv:4"
    assert sample.row == {
        "order_id": "A2", "amount": "99.0", "order_ts": "someday", "currency": "usd", "status": "n3w",
    }  # fmt: skip


def test_rows_checked_follow_the_test_s_filters(warehouse: ConnectionParams, tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "order_id", status="pass", failures=0)
    gate.add("not_null", "order_id", status="pass", failures=0, config={"where": "load_id = 1"})
    report = gate.report(tmp_path, connect=warehouse.connect)
    assert [check.rows_checked for check in report.checks] == [6, 5]


def test_failures_below_a_threshold_are_counted(warehouse: ConnectionParams, tmp_path: Path) -> None:
    gate = Gate()
    limits = {"warn_if": ">5", "error_if": ">10"}
    gate.add("not_null", "order_id", status="pass", failures=0, config=limits)
    check = check_of(gate, warehouse, tmp_path)
    assert (check.status, check.failures, check.texts) == ("pass", 1, ())


def test_failures_within_a_tolerated_share_are_counted(warehouse: ConnectionParams, tmp_path: Path) -> None:
    gate = Gate()
    compiled = "select *, 6 as rows_checked from stg.orders_parsed where status = 'lost'"
    gate.add("foreign_key", "status", status="pass", failures=0, compiled=compiled, to="ref('x')", field="s",
             max_share=0.5)  # fmt: skip
    assert check_of(gate, warehouse, tmp_path).failures == 1


@pytest.mark.parametrize(
    ("compiled", "lines"),
    [
        ("select status as from_field from stg.orders_parsed where status = 'lost'", [5]),
        ("select file_name, line_number from stg.orders_parsed where line_number = 3", [3]),
        ("select 1 as one", []),
        ("select broken", []),
    ],
)
def test_a_test_of_one_s_own_is_sampled_by_its_sql(
    warehouse: ConnectionParams, tmp_path: Path, compiled: str, lines: list[int]
) -> None:
    gate = Gate()
    gate.add("relationships", "status", compiled=compiled, to="ref('x')", field="s")
    check = check_of(gate, warehouse, tmp_path)
    assert [sample.line for sample in check.sample if sample.file] == lines
    assert check.texts == ("status has 1 value(s) not in x.s",)


def test_faults_beside_a_missing_column_are_those_of_given_values(
    warehouse: ConnectionParams, tmp_path: Path
) -> None:
    gate = Gate()
    gate.add("column_in_file", "currency", compiled="select 'b.csv' as file_name, 1 as line_number")
    gate.add(EXPECT + "column_values_to_be_in_set", "currency", failures=2, value_set=["EUR"])
    gate.add(EXPECT + "column_values_to_be_in_set", "currency", failures=1, value_set=["EUR", "USD"])
    report = gate.report(tmp_path, connect=warehouse.connect)
    assert report.errors == ("Missing column: currency", "currency has 1 invalid value(s)")
    assert [sample.place for sample in report.checks[0].sample] == ["b.csv:1"]


def test_no_output_shows_a_sensitive_value(warehouse: ConnectionParams, tmp_path: Path) -> None:
    gate = Gate(sensitive=["amount"])
    gate.add(EXPECT + "column_values_to_be_between", "amount", min_value=0)
    gate.add(EXPECT + "column_max_to_be_between", "amount", max_value=9)
    gate.add("valid_timestamp", "order_ts")
    execute(warehouse, "insert into stg.orders_parsed select * from stg.orders_parsed where line_number = 3")
    report = gate.report(tmp_path, connect=warehouse.connect)
    assert report.checks[0].values == ()
    assert [sample.value for sample in report.checks[0].sample] == ["***"] * 3
    assert report.errors[1] == "amount has maximum *** not <= 9"
    assert report.checks[2].sample[0].row["amount"] == "***"


def test_no_rule_of_a_published_package_shows_one(warehouse: ConnectionParams, tmp_path: Path) -> None:
    """Neither by its expression, nor by what it measured, by group, or by what it returned."""
    orders = '"stg"."orders_parsed"'
    gate = Gate(sensitive=["amount"])
    gate.add("dbt_utils.expression_is_true", expression="amount > 0", failures=2,
             compiled=f"select 1 from {orders} where not (amount > 0)")  # fmt: skip
    gate.add("dbt_expectations.expression_is_true", expression="sum(amount) > 900")
    gate.add(EXPECT + "column_mean_to_be_between", "amount", min_value=900, group_by=["currency"])
    gate.add(EXPECT + "column_distinct_values_to_equal_set", "amount", value_set=[1],
             compiled=f"select amount from {orders}")  # fmt: skip
    gate.add("dbt_utils.equal_rowcount", compare_model="ref('x')", compiled=f"select amount from {orders}")
    report = gate.report(tmp_path, connect=warehouse.connect)
    by_name = {check.texts[0]: [sample.value for sample in check.sample] for check in report.checks}
    assert by_name == {
        "orders_parsed has 2 row(s) that break amount > 0": ["***"] * 2,
        "orders_parsed breaks sum(amount) > 900: ***": [],
        "amount has mean *** not >= 900": [],
        "amount has 1 value(s) too many or too few of 1 (***)": [],
        "orders_parsed has row count 6 not that of ref('x') (***)": [],
    }


def test_long_values_are_cut(warehouse: ConnectionParams, tmp_path: Path) -> None:
    execute(warehouse, "update stg.orders_parsed set order_ts_raw = repeat('x', 1000) where line_number = 4")
    gate = Gate()
    gate.add("valid_timestamp", "order_ts")
    assert check_of(gate, warehouse, tmp_path).sample[0].value == "x" * 199 + "…"


def test_samples_stop_at_five(warehouse: ConnectionParams, tmp_path: Path) -> None:
    execute(warehouse, COPY_LINE_4)
    gate = Gate()
    gate.add("valid_timestamp", "order_ts", failures=12)
    check = check_of(gate, warehouse, tmp_path)
    assert len(check.sample) == 5
    assert check.texts == ("order_ts has 12 invalid timestamp(s)",)


def test_values_that_come_again_are_counted(warehouse: ConnectionParams, tmp_path: Path) -> None:
    execute(warehouse, COPY_LINE_4)
    gate = Gate()
    gate.add("accepted_values", "status", failures=2, values=["new"])
    check = check_of(gate, warehouse, tmp_path)
    assert check.distinct == 2
    assert check.values_text == "n3w (12 row(s)), lost (1 row(s))"
    shown = f"values: {check.values_text}"
    report = gate.report(tmp_path, connect=warehouse.connect)
    assert f"    {shown}\n" in render_console(report, tmp_path)
    assert shown.capitalize() in render_html(report)
    assert report.to_json()["checks"][0]["values"][1] == {"value": "lost", "rows": 1}
    execute(
        warehouse,
        "insert into stg.orders_parsed (status, status_raw) "
        "select n::text, 'S' || n from generate_series(10, 30) as n",
    )
    text = check_of(gate, warehouse, tmp_path).values_text
    assert text.startswith("n3w (12 row(s)), S10 (1 row(s)), ")
    assert text.endswith("S18 (1 row(s)), 13 other value(s)")


def test_reading_for_a_report_changes_nothing(warehouse: ConnectionParams, tmp_path: Path) -> None:
    body = "delete from stg.orders_parsed; select 1"
    execute(warehouse, f"create function stg.trap() returns int language sql as '{body}'")
    gate = Gate()
    gate.add("our_own", "status", compiled="select stg.trap() as status")
    assert check_of(gate, warehouse, tmp_path).sample == ()
    gate.add("not_null", "order_id", status="pass")
    assert gate.report(tmp_path, connect=warehouse.connect).checks[1].rows_checked == 6


def test_history_is_the_last_30_runs_oldest_first(warehouse: ConnectionParams, tmp_path: Path) -> None:
    gate = Gate()
    name = gate.add("not_null", "order_id", status="pass", failures=0)
    execute(
        warehouse,
        "create table meta.validation_results as select "
        f"'{name}' as check_name, 'fail' as status, n::bigint as failures, "
        "timestamptz '2025-01-01' + n * interval '1 day' as created_at from generate_series(1, 40) as n",
    )
    history = check_of(gate, warehouse, tmp_path).history
    assert [past.failures for past in history] == list(range(11, 41))


def test_a_filter_that_fails_costs_only_its_own_count(warehouse: ConnectionParams, tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "order_id", status="pass", failures=0)
    gate.add("not_null", "order_id", status="pass", failures=0, config={"where": "{{ var('filter') }}"})
    report = gate.report(tmp_path, connect=warehouse.connect)
    assert [check.rows_checked for check in report.checks] == [6, None]


# A file of 30 records, in lines 2 to 31, three to an order from line 3 on: where which columns are null, and
# the way out.
PLACES: dict[str, tuple[str, list[tuple[str, str]], list[str]]] = {
    "totals": (
        "line_number in (30, 31)",
        [("not_null", "customer_id")],
        ["(b.csv:30 and on)", "footer_lines: TEXT"],
    ),
    "two rules": (
        "line_number = 31",
        [("not_null", "customer_id"), (EXPECT + "column_values_to_not_be_null", "order_ts")],
        ["(b.csv:31 and on)", "footer_lines: TEXT"],
    ),
    "leading lines": ("line_number < 4", [("not_null", "order_ts")], ["(b.csv:2 and on)", "header_line: N"]),
    "both ends": ("line_number in (2, 31)", [("not_null", "customer_id")], []),
    "in between": ("line_number in (15, 31)", [("not_null", "customer_id")], []),
    "no key": ("line_number = 31", [("not_null", "status")], []),
    "later lines": (
        "line_number % 3 > 0 and line_number > 2",
        [("not_null", "amount")],
        ["only the first line of an order has amount", "{column: ..., of: order}"],
    ),
    "first lines too": (
        "line_number > 2 and line_number % 3 > 0 or line_number = 9",
        [("not_null", "amount")],
        [],
    ),
    "filled below": ("line_number in (7, 10)", [("not_null", "amount")], []),
    "whole orders": ("line_number in (6, 7, 8)", [("not_null", "amount")], []),
}


@pytest.mark.parametrize(("nulls", "tests", "way_out"), PLACES.values(), ids=PLACES)
def test_nulls_are_told_by_where_they_stand(
    warehouse: ConnectionParams, tmp_path: Path, nulls: str, tests: list[tuple[str, str]], way_out: list[str]
) -> None:
    gate, columns = Gate(), {column for _, column in tests}
    values = {"order_id": "'A' || line_number / 3", "customer_id": "'C'", "order_ts": "now()",
              "amount": "5.0", "status": "'new'"}  # fmt: skip
    listed = ", ".join(
        f"case when not ({nulls}) then {value} end as {name}" if name in columns else f"{value} as {name}"
        for name, value in values.items()
    )
    numbers = "(select generate_series(2, 31) as line_number) as lines"
    execute(
        warehouse,
        "drop table stg.orders_parsed; create table stg.orders_parsed as"
        f" select 2 as load_id, line_number, 'b.csv' as file_name, {listed} from {numbers}",
    )
    for test, column in tests:
        gate.add(test, column)
    warnings = gate.report(tmp_path, connect=warehouse.connect).warnings
    assert len(warnings) == bool(way_out)
    assert all(part in warning for part in way_out for warning in warnings)
