"""Data, and what each test of packages/dbt_expectations and tests/dbt/generic says of it.

The verdicts are those of the published package, read off its documentation and issues: a null fails
`..._to_be_in_set` and `..._to_match_regex` and passes every comparison.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# The session's zone is far from UTC, so that a test which mixes the two up is found out.
SETUP = """
create schema data;
create table data.orders (
    id int, load_id int, line_number int, code text, amount numeric, amount_raw text, other numeric,
    grp text, key_a text, key_b text, status text, "Mixed Case" text
);
insert into data.orders values
    (1, 1, 2, 'A1', 0,    '0',    0,    'x',  'k',  null, 'new',     'a'),
    (2, 1, 3, 'A2', 5,    '5',    4,    'x',  'k',  null, 'new',     'a'),
    (3, 1, 4, 'A2', 10,   '10',   10,   'y',  'm',  'n',  'done',    null),
    (4, 1, 5, 'A2', 10.5, '10.5', 11,   'y',  'm',  'n',  'O''Brien','b'),
    (5, 2, 2, null, null, 'ten',  1,    null, null, null, null,      'c'),
    (6, 2, 3, 'a3', -1,   '-1',   null, null, null, null, 'NEW',     'c'),
    (7, 2, 4, 'A1', null, null,   2,    'z',  null, 'n',  'new',     'd');
create table data.empty as select * from data.orders where false;
create table data.twice as select * from data.orders union all select * from data.orders;
create table data.codes as select unnest(array['A1', 'A2', null]) as code;
create table data.events as
select
    now() + age as with_zone,
    (now() at time zone 'UTC') + age as without_zone,
    cast(now() + age as text) as as_text,
    age < interval '-1 day' as is_old
from unnest(array[interval '-90 days', interval '-2 hours', interval '1 year', null]) as age;
create table data.future as select now() + interval '1 hour' as with_zone;
"""
TABLES = ["orders", "empty", "twice", "codes", "events", "future"]
TIME_ZONE = "Asia/Tokyo"


@dataclass(frozen=True)
class Case:
    """One test on one table: `failures` expected, and for row-level tests the `ids` of the failing rows."""

    test: str
    args: dict[str, Any] = field(default_factory=dict)
    failures: int = 0
    ids: list[int] | None = None
    table: str = "orders"
    column: str | None = None
    config: dict[str, Any] = field(default_factory=dict)


def rows(test: str, column: str, *ids: int, failures: int | None = None, **args: Any) -> Case:
    """A row-level case on data.orders: the failing rows are exactly those with these ids."""
    count = len(ids) if failures is None else failures
    return Case(test, args, count, sorted(ids), column=column)


def table(test: str, failures: int, on: str = "orders", column: str | None = None, **args: Any) -> Case:
    """A case on groups or on the table's shape."""
    return Case(test, args, failures, table=on, column=column)


NOT_NULL, NULL = "expect_column_values_to_not_be_null", "expect_column_values_to_be_null"
UNIQUE, COMPOUND = "expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique"
BETWEEN, LENGTHS = "expect_column_values_to_be_between", "expect_column_value_lengths_to_be_between"
IN_SET, NOT_IN_SET = "expect_column_values_to_be_in_set", "expect_column_values_to_not_be_in_set"
MATCH, NOT_MATCH = "expect_column_values_to_match_regex", "expect_column_values_to_not_match_regex"
OF_TYPE, EXIST = "expect_column_values_to_be_of_type", "expect_column_to_exist"
MIN, MAX = "expect_column_min_to_be_between", "expect_column_max_to_be_between"
MEAN, SUM = "expect_column_mean_to_be_between", "expect_column_sum_to_be_between"
PROPORTION = "expect_column_proportion_of_unique_values_to_be_between"
PAIR = "expect_column_pair_values_A_to_be_greater_than_B"
COUNT, EQUAL_COUNT = "expect_table_row_count_to_be_between", "expect_table_row_count_to_equal_other_table"
CONTAIN, RECENT = "expect_table_columns_to_contain_set", "expect_row_values_to_have_recent_data"
SET = ["new", "done", "O'Brien", "NEW"]

# Three times 'A2' and twice 'A1': two values, three surplus rows.
DUPLICATES = Case(UNIQUE, {}, 2, column="code")

ROW_CASES = [
    DUPLICATES,
    rows(NOT_NULL, "id"),
    rows(NOT_NULL, "amount", 5, 7),
    rows(NOT_NULL, "amount", row_condition="id < 5 or id = 6"),
    rows(NULL, "amount", row_condition="id in (5, 7)"),
    rows(NULL, "key_b", 3, 4, 7),
    rows(UNIQUE, "id"),
    rows(UNIQUE, "code", row_condition="id in (1, 2, 5, 6)"),
    rows(UNIQUE, "amount"),
    rows(BETWEEN, "amount", min_value=-1, max_value=10.5),
    rows(BETWEEN, "amount", 4, 6, min_value=-1, max_value=10.5, strictly=True),
    rows(BETWEEN, "amount", 6, min_value=0),
    rows(BETWEEN, "amount", 1, 6, min_value=0, strictly=True),
    rows(BETWEEN, "amount", 4, max_value="5 + 5"),
    rows(BETWEEN, "amount", max_value=10, row_condition="id = 1 or id = 2"),
    rows(BETWEEN, "status", 3, 4, 6, min_value="'new'", max_value="'new'"),
    rows(LENGTHS, "code", min_value=2, max_value=2),
    rows(LENGTHS, "status", 3, 4, min_value=3, max_value=3),
    rows(LENGTHS, "code", 1, 2, 3, 4, 6, 7, min_value=2, strictly=True),
    rows(LENGTHS, "status", max_value=4, row_condition="id <> 4"),
    rows(IN_SET, "status", 5, value_set=SET),
    rows(IN_SET, "status", value_set=SET, row_condition="status is not null"),
    rows(IN_SET, "status", 5, value_set=["new", "done", "O''Brien", "NEW"]),
    rows(IN_SET, "status", 3, 4, 5, 6, value_set=["new"]),
    rows(IN_SET, "amount", 3, 4, 5, 6, 7, value_set=[0, 5], quote_values=False),
    rows(IN_SET, "amount", 3, 4, 5, 6, 7, value_set=[0, 5, "null"], quote_values=False),
    rows(NOT_IN_SET, "status", value_set=["gone"]),
    rows(NOT_IN_SET, "status", 1, 2, 4, 7, value_set=["new", "O'Brien"]),
    rows(NOT_IN_SET, "amount", 1, value_set=[0, "null"], quote_values=False),
    rows(MATCH, "code", 5, 6, regex="^A[0-9]$"),
    rows(MATCH, "code", 5, regex="^A[0-9]$", flags="i"),
    rows(MATCH, "code", 5, regex="[0-9]", flags="g", is_raw=True),
    rows(MATCH, "code", regex=r"^(A|a)\d{1}$", row_condition="code is not null"),
    rows(NOT_MATCH, "code", regex="^B"),
    rows(NOT_MATCH, "code", 1, 2, 3, 4, 7, regex="A"),
    rows(NOT_MATCH, "status", 4, regex="O'B"),
    rows(PAIR, "id", 1, 3, 4, column_A="amount", column_B="other"),
    rows(PAIR, "id", 4, column_A="amount", column_B="other", or_equal=True),
    rows(PAIR, "id", column_A="amount", column_B="other", row_condition="id = 2 or id > 4"),
    Case(BETWEEN, {"min_value": 0}, 0, column="amount", config={"where": "id < 6"}),
    Case(UNIQUE, {}, 0, column="code", config={"error_if": ">2", "warn_if": ">2"}),
]
# The pair test takes no column: those cases are attached to the table.
ROW_CASES = [Case(c.test, c.args, c.failures, c.ids) if c.test == PAIR else c for c in ROW_CASES]

TABLE_CASES = [
    table(COMPOUND, 2, column_list=["key_a", "key_b"]),
    table(COMPOUND, 1, column_list=["key_a", "key_b"], ignore_row_if="any_value_is_missing"),
    table(COMPOUND, 0, column_list=["key_a", "key_b", "id"]),
    table(COMPOUND, 1, column_list=["key_a", "key_b"], row_condition="id > 4 or id < 3"),
    table(COMPOUND, 2, column_list=["Mixed Case"], quote_columns=True),
    table(MIN, 0, column="amount", min_value=-1, max_value=-1),
    table(MIN, 1, column="amount", min_value=0),
    table(MIN, 1, column="amount", min_value=-1, strictly=True),
    table(MIN, 1, column="amount", min_value=0, group_by=["grp"]),
    table(MIN, 0, column="amount", min_value=0, row_condition="id <> 6"),
    table(MIN, 0, "empty", column="amount", min_value=0),
    table(MAX, 0, column="amount", max_value=10.5),
    table(MAX, 1, column="amount", max_value=10),
    table(MAX, 1, column="amount", max_value=5, group_by=["grp"]),
    table(MEAN, 0, column="amount", min_value=4.9, max_value=4.9),
    table(MEAN, 1, column="amount", max_value=4.9, strictly=True),
    table(MEAN, 2, column="amount", max_value=2, group_by=["grp"]),
    table(SUM, 0, column="amount", min_value=24.5, max_value=24.5),
    table(SUM, 1, column="amount", min_value=25),
    table(SUM, 1, column="amount", min_value=0, group_by=["grp", "key_a is null"]),
    table(SUM, 0, "empty", column="amount", min_value=1),
    table(PROPORTION, 0, column="code", min_value=0.5, max_value=0.5),
    table(PROPORTION, 1, column="code", min_value=0.5, strictly=True),
    table(PROPORTION, 1, column="code", min_value=0.9, group_by=["grp"]),
    table(PROPORTION, 0, "empty", column="code", min_value=1),
    table(COUNT, 0, min_value=7, max_value=7),
    table(COUNT, 1, min_value=7, strictly=True),
    table(COUNT, 1, "empty", min_value=1),
    table(COUNT, 0, "empty", min_value=1, group_by=["grp"]),
    table(COUNT, 1, min_value=2, group_by=["grp"]),
    table(COUNT, 0, max_value=2, row_condition="id < 2 or id > 6"),
    table(EQUAL_COUNT, 0, compare_model="source('data', 'orders')"),
    table(EQUAL_COUNT, 1, compare_model="source('data', 'empty')"),
    table(EQUAL_COUNT, 0, "twice", compare_model="source('data', 'orders')", factor=2),
    table(EQUAL_COUNT, 0, compare_model="source('data', 'twice')", factor=0.5),
    table(EQUAL_COUNT, 0, compare_model="source('data', 'twice')", row_condition="id < 0"),
    table(
        EQUAL_COUNT,
        0,
        compare_model="source('data', 'twice')",
        compare_row_condition="id < 4 or id is null",
        row_condition="id <> 7",
    ),
    # Groups x, y and z agree; the null group of either side finds no partner.
    table(EQUAL_COUNT, 2, compare_model="source('data', 'orders')", group_by=["grp"]),
    table(
        EQUAL_COUNT,
        0,
        compare_model="source('data', 'orders')",
        group_by=["id"],
        compare_group_by=["abs(id)"],
    ),
    table(EQUAL_COUNT, 7, "empty", compare_model="source('data', 'orders')", group_by=["id"]),
    table(EXIST, 0, column="AMOUNT"),
    table(EXIST, 1, column="amout"),
    table(EXIST, 0, column="id", column_index=1),
    table(EXIST, 1, column="id", column_index=2),
    table(EXIST, 0, column="Mixed Case", transform="string"),
    table(EXIST, 1, column="mixed case", transform="string"),
    table(EXIST, 0, column="mixed case", transform="lower"),
    table(CONTAIN, 0, column_list=["ID", "amount", "Mixed Case"]),
    table(CONTAIN, 2, column_list=["ID", "amout", "statuses"]),
    table(CONTAIN, 1, column_list=["ID"], transform="string"),
    table(OF_TYPE, 0, column="amount", column_type="NUMERIC"),
    table(OF_TYPE, 1, column="amount", column_type="text"),
    table(OF_TYPE, 0, "events", column="with_zone", column_type="timestamp with time zone"),
    table(OF_TYPE, 1, "events", column="with_zone", column_type="timestamptz"),
    *(
        table(RECENT, failures, on, column=column, datepart=part, interval=interval, **args)
        for column in ("with_zone", "without_zone", "as_text")
        for failures, on, part, interval, args in [
            (0, "events", "hour", 3, {}),
            (1, "events", "hours", 1, {}),
            (0, "events", "DAY", 91, {"row_condition": "is_old"}),
            (1, "events", "day", 89, {"row_condition": "is_old"}),
            (1, "events", "year", 1, {"row_condition": "1 = 0"}),
        ]
        if column != "as_text" or not args
    ),
    table(RECENT, 1, "future", column="with_zone", datepart="month", interval=1),
    # Without a value the latest one is that of 1970-01-01.
    table(RECENT, 1, "future", column="with_zone", datepart="day", interval=20000),
    table(RECENT, 0, "future", column="with_zone", datepart="day", interval=100000),
]

# Tests of the project itself, in tests/dbt/generic.
GENERIC_CASES = [
    rows("valid_number", "amount", 5),
    rows("valid_timestamp", "amount", 5),
    rows("valid_number", "id", raw_column="amount_raw"),
    rows("valid_timestamp", "key_b", 1, 2, 5, 6, raw_column="line_number"),
    rows("unique_within_load", "code", 3, 4),
    rows("unique_within_load", "amount"),
    # Six rows have a code, one of them ('a3') is not among the codes.
    rows("foreign_key", "code", 6, to="source('data', 'codes')", field="code"),
    rows("foreign_key", "code", 6, failures=0, to="source('data', 'codes')", field="code", max_share=0.17),
    rows("foreign_key", "code", 6, to="source('data', 'codes')", field="code", max_share=0.16),
    table("foreign_key", 0, "empty", column="code", to="source('data', 'codes')", field="code"),
    table(
        "foreign_key", 2, "codes", column="code", to="source('data', 'empty')", field="code", max_share=0.5
    ),
]

# (test, arguments that make no sense, what the message says)
BAD_ARGUMENTS: list[tuple[str, dict[str, Any], str]] = [
    (BETWEEN, {}, "min_value or max_value (or both) must be given"),
    (LENGTHS, {}, "min_value or max_value (or both) must be given"),
    (COUNT, {}, "min_value or max_value (or both) must be given"),
    (MEAN, {"min_value": 2, "max_value": 1}, "min_value must be below max_value (1); got 2"),
    (SUM, {"min_value": 1, "max_value": 1, "strictly": True}, "min_value must be below max_value (1); got 1"),
    (MIN, {"min_value": "2024-01-31"}, 'min_value must be a number or an SQL expression such as "date'),
    (MAX, {"max_value": [1]}, "max_value must be a number or an SQL expression"),
    (MAX, {"max_value": True}, "max_value must be a number or an SQL expression"),
    (MAX, {"max_value": " "}, "max_value must be a number or an SQL expression"),
    (BETWEEN, {"min_value": 0, "strictly": "false"}, 'strictly must be true or false; got "false"'),
    (PROPORTION, {"min_value": 0, "group_by": "grp"}, "group_by must be a list of columns, not empty"),
    (IN_SET, {"value_set": "new"}, "value_set must be a list of values, not empty and without nulls"),
    (IN_SET, {"value_set": []}, "value_set must be a list of values"),
    (IN_SET, {"value_set": ["new", None]}, 'got ["new", null]'),
    (NOT_IN_SET, {"value_set": {"new": 1}}, "value_set must be a list of values"),
    (NOT_IN_SET, {"value_set": ["new"], "quote_values": "no"}, "quote_values must be true or false"),
    (MATCH, {"regex": ""}, "regex must be a text, not empty"),
    (MATCH, {"regex": "a", "flags": "iz"}, 'flags must be made of the letters bcegimnpqstwx; got "iz"'),
    (NOT_MATCH, {"regex": "a", "flags": None}, "flags must be made of the letters"),
    (NOT_MATCH, {"regex": "a", "is_raw": "yes"}, "is_raw must be true or false"),
    (OF_TYPE, {"column_type": ["text"]}, "column_type must be a text"),
    (OF_TYPE, {"column_type": "text", "column_name": "amout"}, "column_name must be a column of"),
    (EXIST, {"column_index": 0}, "column_index must be a whole number of at least 1; got 0"),
    (EXIST, {"transform": "uper"}, 'transform must be one of upper, lower, trim, string; got "uper"'),
    (EXIST, {"model": "(select 1) as dbt_subquery"}, "the config `where` does not apply"),
    (CONTAIN, {"column_list": "id"}, "column_list must be a list of columns"),
    (COMPOUND, {"column_list": "id"}, "column_list must be a list of columns"),
    (COMPOUND, {"column_list": ["id"], "quote_columns": 1}, "quote_columns must be true or false"),
    (
        COMPOUND,
        {"column_list": ["id"], "ignore_row_if": "never"},
        'ignore_row_if must be one of all_values_are_missing, any_value_is_missing; got "never"',
    ),
    (PAIR, {"column_A": "id", "column_B": "amount", "or_equal": "no"}, "or_equal must be true or false"),
    (EQUAL_COUNT, {"compare_model": "data.twice", "factor": 0}, "factor must be a number above 0; got 0"),
    (
        EQUAL_COUNT,
        {"compare_model": "data.twice", "group_by": ["id"], "compare_group_by": ["id", "grp"]},
        "compare_group_by must be as long a list as group_by",
    ),
    (RECENT, {"datepart": "fortnight", "interval": 1}, "datepart must be one of second, minute, hour, day"),
    (RECENT, {"datepart": "day", "interval": "1"}, "interval must be a whole number of at least 1"),
    (RECENT, {"datepart": "day", "interval": -1}, "interval must be a whole number of at least 1; got -1"),
]
