"""The gate with published packages: their tests return no rows and have words, lines, quarantine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT
from test_quarantine import Rules, Shop, aside, orders, rule
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

LOOKALIKE = PROJECT / "tests" / "python" / "lookalike"
E, X, U = "dbt_expectations.expect_column_", "dbt_expectations.", "dbt_utils."
PARTS = ("models", "macros", "configs", "seeds", "snapshots", "tests/dbt", "packages", "profiles")


@dataclass(frozen=True)
class PublishedShop(Shop):
    """One whose project has the tests of tests/python/lookalike."""

    project: Path

    def run(self, **env: str) -> tuple[int, str]:
        done = self.warehouse.ready(
            "run",
            "--data",
            self.warehouse.folder / "data",
            "--configs",
            self.configs,
            cwd=self.project,
            **env,
        )
        return done.returncode, done.stdout + done.stderr

    def judge(self, rules: Rules) -> list[str]:
        """What the gate finds in the sixty orders, in the order of the rules."""
        self.expect(rules)
        self.deliver({})
        code, output = self.run()
        assert code == 1, output
        errors: list[str] = self.warehouse.report["errors"]
        return errors


def with_lookalikes(folder: Path) -> Path:
    """A copy of the project: the stand-in's tests, but for those that the look-alike has, and dbt_utils."""
    for name in PARTS:
        shutil.copytree(PROJECT / name, folder / name)
    shutil.copy(PROJECT / "dbt_project.yml", folder)
    package = folder / "packages" / "dbt_expectations"
    shutil.copytree(LOOKALIKE / "dbt_utils", folder / "packages" / "dbt_utils")
    (package / "macros" / "_macros.yml").unlink()
    for file in (LOOKALIKE / "dbt_expectations" / "macros").glob("*.sql"):
        for stand_in in package.rglob("expect_*.sql"):
            if f"test {stand_in.stem}(" in file.read_text():
                stand_in.unlink()
        shutil.copy(file, package / "macros")
    packages = {"packages": [{"local": f"packages/{name}"} for name in ("dbt_expectations", "dbt_utils")]}
    (folder / "packages.yml").write_text(yaml.safe_dump(packages))
    return folder


@pytest.fixture(scope="module")
def shop(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedShop]:
    folder = tmp_path_factory.mktemp("published")
    with new_database(server) as database:
        shop = PublishedShop(Warehouse(folder, database), with_lookalikes(folder / "project"))
        for name in ("configs", "data"):
            (folder / name).mkdir()
        for name in ("orders.yaml", "features.yaml"):
            shutil.copy(PROJECT / "configs" / name, shop.configs)
        yield shop


# Column, rule, the order at fault with what is different there, the text, the value of the sample.
# fmt: off
ROWS: list[tuple[str | None, dict[str, Any], int, dict[str, str], str, str | None]] = [
    (None, aside(X + "expression_is_true", expression="amount < 1000 or channel = 'app'"), 3,
     {"amount": "5000.50"}, "orders_parsed has 1 row(s) that break amount < 1000 or channel = 'app'",
     "amount=5000.50, channel=web"),
    (None, aside(E + "pair_values_to_be_equal", column_A="currency", column_B="currency_raw"), 4,
     {"currency": "eur"}, "currency has 1 value(s) not equal to currency_raw",
     "currency=eur, currency_raw=eur"),
    (None, aside(E + "pair_values_to_be_in_set", column_A="currency", column_B="channel",
                 value_pairs_set=[["EUR", "web"], ["USD", "web"]], row_condition="line_number < 10"), 5,
     {"channel": "fax"}, "(currency, channel) has 1 invalid pair(s)", "currency=EUR, channel=fax"),
    (None, aside(X + "expect_select_column_values_to_be_unique_within_record",
                 column_list=["customer_id", "channel"]), 16, {"channel": "C6"},
     "(customer_id, channel) has 1 row(s) with one value twice", "customer_id=C6, channel=C6"),
    ("order_id", aside(E + "values_to_match_like_pattern", like_pattern="A%"), 7, {"order_id": "B7"},
     "order_id has 1 value(s) not like A%", "B7"),
    ("channel", aside(E + "values_to_not_match_like_pattern", like_pattern="tele%"), 8,
     {"channel": "telex"}, "channel has 1 value(s) like tele%", "telex"),
    ("customer_id", aside(E + "values_to_match_like_pattern_list", like_pattern_list=["C%", "D%"]), 9,
     {"customer_id": "E9"}, "customer_id has 1 value(s) not like one of C%, D%", "E9"),
    ("channel", aside(E + "values_to_not_match_like_pattern_list", match_on="all",
                      like_pattern_list=["ph%", "po%"]), 10,
     {"channel": "post"}, "channel has 1 value(s) like one of ph%, po%", "post"),
    ("channel", aside(E + "values_to_match_regex_list", regex_list=["^[a-z]+$", "^C[0-9]$"]), 11,
     {"channel": "W3B"}, "channel has 1 value(s) not matching one of ^[a-z]+$, ^C[0-9]$", "W3B"),
    ("channel", aside(E + "values_to_not_match_regex_list", match_on="any", regex_list=["oo", "th$"]), 12,
     {"channel": "booth"}, "channel has 1 value(s) matching all of oo, th$", "booth"),
    ("currency", aside(E + "distinct_values_to_be_in_set", value_set=["EUR", "USD"],
                       row_condition="line_number > 10"), 13, {"currency": "XXX"},
     "currency has 1 invalid value(s)", "XXX"),
    ("order_ts_raw", aside(E + "value_lengths_to_equal", value=20, row_condition="line_number < 40"), 14,
     {"order_ts": "2025-03-15T10:00:00.5Z"}, "order_ts_raw has 1 value(s) not of length 20",
     "2025-03-15T10:00:00.5Z"),
    ("channel", aside(E + "values_to_not_be_null"), 15, {"channel": ""}, "channel has 1 null(s)", None),
    ("amount", aside(E + "values_to_be_between", min_value=0), 17, {"amount": "-1.50"}, "amount has 1 < 0",
     "-1.50"),
    ("status", aside(E + "values_to_be_in_set", value_set=["completed"], where="line_number < 22"), 18,
     {"status": "lost"}, "status has 1 invalid value(s)", "lost"),
    ("order_ts_raw", aside(E + "values_to_match_regex", regex="Z$"), 45,
     {"order_ts": "2025-03-19T10:00:00+00:00"}, "order_ts_raw has 1 value(s) not matching Z$",
     "2025-03-19T10:00:00+00:00"),
    ("amount", aside(U + "expression_is_true", expression="< 900", where="line_number > 10"), 20,
     {"amount": "950.50"}, "amount has 1 row(s) that break amount < 900", "950.50"),
    ("amount", aside(U + "accepted_range", max_value=800, where="line_number > 30"), 50,
     {"amount": "850.50"}, "amount has 1 not <= 800", "850.50"),
    ("channel", aside(U + "not_accepted_values", values=["pager", "pigeon"]), 22, {"channel": "pager"},
     "channel has 1 invalid value(s)", "pager"),
    ("status", aside(U + "relationships_where", to="ref('order_statuses')", field="status",
                     from_condition="customer_id = 'C4'"), 24, {"status": "lost"},
     "status has 1 value(s) not in order_statuses.status", "lost"),
    (None, aside(U + "unique_combination_of_columns", combination_of_columns=["order_ts", "customer_id"]), 35,
     {"order_ts": orders()[25]["order_ts"]}, "(order_ts, customer_id) has 1 duplicate(s)", None),
]
# Four rows of three values, and three: both rules let pass three rows.
CEILINGS: Rules = [
    ("channel", rule(E + "distinct_values_to_be_in_set", meta={"max_failures": 3}, value_set=["web"])),
    ("channel", rule(U + "not_accepted_values", meta={"max_failures": 3}, values=["app", "fax"])),
]
# The same values where no rule looks at them.
HARMLESS = {25: {"status": "lost"}, 30: {"channel": "app", "amount": "1"}, 6: {"currency": "USD"}}
SIXTY: Rules = [
    (None, rule(X + "expression_between", meta={}, expression="sum(amount)", min_value=5000)),
    (None, rule(X + "expression_between", meta={}, expression="max(amount)", max_value=56,
                group_by=["customer_id"])),
    (None, rule(X + "equal_expression", meta={}, expression="count(*)", compare_expression="count(*)",
                compare_model="ref('order_statuses')")),
    (None, rule(X + "expect_table_aggregation_to_equal_other_table", meta={}, expression="count(*)",
                compare_model="ref('order_statuses')")),
    (None, rule(X + "expect_multicolumn_sum_to_equal", meta={}, column_list=["amount", "amount"],
                sum_total=1)),
    (None, rule(X + "expect_multicolumn_sum_to_equal", meta={}, column_list=["amount", "amount"],
                sum_total="amount")),
    (None, rule(X + "expect_table_row_count_to_equal", meta={}, value=61)),
    (None, rule(X + "expect_table_row_count_to_equal_other_table_times_factor", meta={}, factor=2,
                compare_model="ref('order_statuses')")),
    (None, rule(X + "expect_table_column_count_to_equal", meta={}, value=5)),
    (None, rule(X + "expect_table_columns_to_not_contain_set", meta={}, column_list=["amount", "nothing"])),
    (None, rule(X + "expression_is_true", meta={}, expression="count(*) > 100")),
    (None, rule(U + "equal_rowcount", meta={}, compare_model="ref('order_statuses')")),
    ("amount", rule(E + "median_to_be_between", meta={}, min_value=31)),
    ("amount", rule(E + "quantile_values_to_be_between", meta={}, quantile=0.25, min_value=16, max_value=99)),
    ("amount", rule(E + "stdev_to_be_between", meta={}, max_value=5)),
    ("amount", rule(E + "mean_to_be_between", meta={}, min_value=28, group_by=["status", "customer_id"])),
    ("channel", rule(E + "unique_value_count_to_be_between", meta={}, min_value=2)),
    ("channel", rule(E + "distinct_count_to_equal", meta={}, value=2)),
    ("channel", rule(E + "distinct_count_to_be_greater_than", meta={}, value=1)),
    ("channel", rule(E + "distinct_count_to_be_less_than", meta={}, value=1)),
    ("channel", rule(E + "distinct_count_to_equal_other_table", meta={}, compare_column_name="status",
                     compare_model="ref('order_statuses')")),
    ("channel", rule(E + "distinct_values_to_contain_set", meta={}, value_set=["web", "app", "fax"])),
    ("channel", rule(E + "most_common_value_to_be_in_set", meta={}, value_set=["app"], top_n=1)),
    ("channel", rule(E + "values_to_be_in_type_list", meta={}, column_type_list=["numeric", "date"])),
    ("channel", rule(U + "not_constant", meta={})),
    ("channel", rule(U + "not_null_proportion", meta={}, at_least=0.5, at_most=0.9)),
]
SIXTY_TOLD = [
    "orders_parsed has sum(amount) 1800.00 not >= 5000",
    "orders_parsed has max(amount) 56.50 (customer_id=C6), 57.50 (customer_id=C7), 58.50 (customer_id=C8),"
    " 59.50 (customer_id=C9) not <= 56",
    "orders_parsed has count(*) not equal to count(*) of ref('order_statuses')"
    " (expression=60, compare_expression={statuses})",
    "orders_parsed has count(*) 60 not that of ref('order_statuses')"
    " (expression=60, compare_expression={statuses})",
    "orders_parsed has sum of amount, amount 3600.00 not 1",
    "orders_parsed has sum of amount, amount 3600.00 against 1800.00 not sum(amount)",
    "orders_parsed has row count 60 not 61",
    "orders_parsed has row count 60 not 2 times that of ref('order_statuses')"
    " (expression=60, compare_expression={twice})",
    "orders_parsed does not have 5 columns (number_actual_columns={columns}, value=5)",
    "orders_parsed has columns of amount, nothing (relation_column=amount)",
    "orders_parsed breaks count(*) > 100: 60 > 100",
    "orders_parsed has row count 60 not that of ref('order_statuses') (count_a=60, count_b={statuses})",
    "amount has median 30.0 not >= 31",
    "amount has quantile 0.25 15.25 not >= 16 and <= 99",
    "amount has standard deviation 17.4642491965729806 not <= 5",
    "amount has mean 25.50 (status=completed, customer_id=C0),"
    " 26.50 (status=completed, customer_id=C1),"
    " 27.50 (status=completed, customer_id=C2) not >= 28",
    "channel has number of distinct values 1 not >= 2",
    "channel has number of distinct values 1 not 2",
    "channel has number of distinct values 1 not > 1",
    "channel has number of distinct values 1 not < 1",
    "channel has 1 distinct values, not as many as ref('order_statuses').status"
    " (expression=1, compare_expression={statuses})",
    "channel lacks 2 of the values web, app, fax (value_field=app; value_field=fax)",
    "channel has a most common value that is none of app (value_field=web)",
    "channel is of no type of numeric, date (relation_column=channel, relation_column_type=text)",
    "channel is web everywhere",
    "channel has share of values 1.000000 not >= 0.5 and <= 0.9",
]
# fmt: on


def test_each_row_rule_has_its_words_and_lines_and_sets_its_rows_aside(shop: PublishedShop) -> None:
    shop.expect([(column, rule) for column, rule, *_ in ROWS])
    shop.deliver({**HARMLESS, **{number: change for _, _, number, change, *_ in ROWS}})
    code, output = shop.run()
    assert code == 0, output
    told = dict(shop.warehouse.rows("select line_number, reason from stg.orders_rejected"))
    assert {line: reason.partition("(")[0].split(": ")[-1] for line, reason in told.items()} == {
        number + 2: next(iter(rule)) for _, rule, number, *_ in ROWS
    }
    for _, called, number, _, text, value in ROWS:
        check = next(
            check
            for check in shop.checks
            if check["rule"] == told[number + 2].removeprefix(f"{check['column']}: ")
        )
        assert (check["severity"], check["status"], check["failures"]) == ("quarantine", "warn", 1), called
        assert text in shop.warehouse.report["warnings"]
        lines = {sample["line"]: sample["value"] for sample in check["sample"]}
        assert number + 2 in lines, called
        assert value in (None, lines[number + 2]), called
        assert len(lines) == (2 if "unique_combination" in str(called) else 1), called


def test_each_rule_on_the_table_tells_what_it_measured_and_what_was_expected(shop: PublishedShop) -> None:
    told = shop.judge(SIXTY)
    columns = shop.warehouse.value(
        "select count(*) from information_schema.columns"
        " where (table_schema, table_name) = ('stg', 'orders_parsed')"
    )
    statuses = shop.warehouse.value("select count(*) from stg.order_statuses")
    assert told == [
        text.format(columns=columns, statuses=statuses, twice=2 * statuses) for text in SIXTY_TOLD
    ]
    assert [check["sample"] for check in shop.checks] == [[]] * len(SIXTY)


def test_rows_that_others_are_at_fault_with_are_told_with_their_lines_and_a_ceiling_is_one_of_rows(
    shop: PublishedShop,
) -> None:
    """Also where a test counts values."""
    casing = ("channel", rule(E + "values_to_have_consistent_casing", meta={}))
    increasing = ("amount", rule(E + "values_to_be_increasing", meta={}, sort_column="line_number"))
    shop.expect([casing, *CEILINGS, increasing])
    channels = {1: "app", 2: "App", 3: "fax", 4: "fax"}
    shop.deliver({n: {"channel": channel} for n, channel in channels.items()} | {30: {"amount": "0.25"}})
    code, output = shop.run()
    assert code == 1, output
    ceilings = shop.checks[1:3]
    assert [(check["status"], check["failures"]) for check in ceilings] == [("fail", 4), ("warn", 3)]
    errors = shop.warehouse.report["errors"]
    assert errors[0] == "channel has 2 value(s) that others differ from in case only"
    assert errors[2] == "amount has 1 value(s) not above the one before in order of line_number"
    assert len(errors) == 3
    lines = [[sample["line"] for sample in shop.checks[place]["sample"]] for place in (0, 3)]
    assert lines == [[3, 4], [32]]


def test_no_rule_that_judges_more_than_a_row_lets_rows_pass(shop: PublishedShop) -> None:
    """All of them, each in the line of its setting."""
    meta = {"on_fail": "quarantine", "max_failures": 3}
    shop.expect(
        [
            (column, {name: {**body, "config": {"meta": {"ready": meta}}}})
            for column, name, body in named(SIXTY)
        ]
    )
    done = shop.warehouse.ready("lint", "--configs", shop.configs, cwd=shop.project)
    found = [line for line in (done.stdout + done.stderr).splitlines() if "expectations.yaml:" in line]
    assert done.returncode == 2, found
    written = (shop.configs / "expectations.yaml").read_text().splitlines()
    for key, told in (
        ("on_fail", "finds no rows that could be set aside"),
        ("max_failures", "judges the table"),
    ):
        lines = [number for number, line in enumerate(written, 1) if f'"{key}"' in line]
        at = sorted(int(line.split(":")[1]) for line in found if told in line)
        assert at == lines
        assert len(lines) == len(SIXTY)


def named(rules: Rules) -> Iterator[tuple[str | None, str, dict[str, Any]]]:
    for column, called in rules:
        for name, body in called.items():
            yield column, name, body
