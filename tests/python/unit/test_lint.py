"""The lint: each fault has its line and the nearest right word, and sound configs have none."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ready.errors import UsageError
from ready.lint import lint_configs, require_clean_configs
from ready.lint.document import read_document
from ready.lint.mapping import ORDERS_COLUMNS, canonical_columns, reserved_names
from ready.lint.signatures import Signature, known_tests, read_signatures
from ready.settings import Settings

PROJECT = Path(__file__).parents[3]
CONFIGS = [PROJECT / "configs", *sorted(file.parent for file in PROJECT.glob("examples/*/orders.yaml"))]

Edit = Callable[[str, str, str], list[str]]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Copies the configs, replaces a text in one file once, and gives the findings as `file:line: ...`."""
    configs = tmp_path / "configs"
    shutil.copytree(PROJECT / "configs", configs)

    def edit(file: str, old: str, new: str) -> list[str]:
        path = configs / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        return findings_of(configs)

    return edit


def findings_of(configs: Path) -> list[str]:
    findings = lint_configs(Settings.resolve(configs=configs, environ={"READY_PROJECT_DIR": str(PROJECT)}))
    return [str(finding).removeprefix(f"{finding.file.parent}/") for finding in findings]


def line_of(file: str, text: str) -> int:
    """Where `text` first stands in the shipped config."""
    lines = (PROJECT / "configs" / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize("configs", CONFIGS, ids=lambda path: path.name)
def test_shipped_configs_have_no_faults(configs: Path) -> None:
    assert findings_of(configs) == []


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("one_customer_per_ordr: {severity: warn}",
         "no rule that is on by default is called one_customer_per_ordr; did you mean "),
        ("one_customer_per_order: {max_failure: 1}",
         "one_customer_per_order has no setting max_failure; did you mean max_failures?"),
        ("one_customer_per_order: {where: amount > 1}",
         "one_customer_per_order has no setting where; known: "),
        ("no_isolated_order: {day: 9}",
         "no_isolated_order has no setting day; did you mean days?"),
        ("no_placeholder_date: {dates: [1.1.1970]}", 'dates[1]: "1.1.1970" is not '),
        ("one_customer_per_order: {severity: worn}", 'severity: "worn" is not one of '),
    ],
)  # fmt: skip
def test_relaxed_rules_are_known(edited: Edit, entry: str, told: str) -> None:
    (finding,) = edited("expectations.yaml", "default_rules: {}", f"default_rules: {{{entry}}}")
    line = line_of("expectations.yaml", "default_rules: {}")
    assert finding.startswith(f"expectations.yaml:{line}: {told}")


FORMAT_HINT = "write HH24, or HH12 with AM; MI for minutes, MM for the month"
BARE = "is not text (a bare {} is yaml's {}: put it in quotes)"
IN_SET = "dbt_expectations.expect_column_values_to_be_in_set"
BETWEEN = "dbt_expectations.expect_column_values_to_be_between"

# fmt: off
FAULTS = [
    ("orders.yaml", "grain: order ", "grian: order ", "unknown key grian; did you mean grain?"),
    ("orders.yaml", "grain: order ", "grain: line ", 'grain: "line" is not one of order, order_line'),
    ("orders.yaml", "timezone: UTC", "timezone: Europe/Berln",
     'timezone: "Europe/Berln" is not a time zone\'s name such as Europe/Berlin'),
    ("orders.yaml", "source: orders", "source: orders\n          encoding: latin-99",
     'encoding: "latin-99" is not an encoding such as utf-8 or cp1252'),
    ("orders.yaml", "source: orders", "source: orders\n          delimiter: ';;'",
     'delimiter: ";;" is not one character'),
    ("orders.yaml", "source: orders", "source: orders\n          header_lines: 6",
     "unknown key header_lines; did you mean header_line?"),
    ("orders.yaml", "source: orders", "source: orders\n          header_line: 0",
     "header_line: 0 is not the header's line, counted from 1, or the name of its first column"),
    ("orders.yaml", "source: orders", "source: orders\n          names: amount",
     'names: "amount" is not a list of column names, or a mapping from names in the header to new ones'),
    ("orders.yaml", "source: orders", "source: orders\n          repeated_names: letters",
     'repeated_names: "letters" is not one of number'),
    ("orders.yaml", '["NULL", ', "[NULL, ",
     "null_words[1]: nothing (null) is not text (a bare NULL is yaml's null: put it in quotes)"),
    ("orders.yaml", "  amount: amount", "  amonut: amount", "unknown key amonut; did you mean amount?"),
    ("orders.yaml", "  amount: amount", "  amount: {column: amount, decimals: ','}",
     "unknown key decimals; did you mean decimal?"),
    ("orders.yaml", "  amount: amount", "  amount: {column: amount, currency: ['€', $]}",
     "amount: €, $ are several currencies, and amounts are summed; name the signs of one; amounts in others "
     "are invalid then, for a rule to set aside"),
    ("orders.yaml", "  amount: amount", "  amount: {column: amount, currency: [EUR, USD]}",
     "amount: EUR, USD are several currencies, and amounts are summed; name the signs of one; amounts in "
     "others are invalid then, for a rule to set aside"),
    ("orders.yaml", "  amount: amount", "  amount: {column: amount, decimal: ';'}",
     'decimal: ";" is not one of ., ,'),
    ("orders.yaml", "  amount: amount", "  amount: {column: amount, thousands: '.'}",
     "amount: thousands and decimal are the same mark, .; give decimal as well"),
    ("orders.yaml", "  amount: amount", "  amount: {column: amount, decimal: ',', thousands: ','}",
     "amount: thousands and decimal are the same mark, ,"),
    ("orders.yaml", "  amount: amount",
     "  amount: amount\n          quantity: {column: qty, type: number, thousands: '.'}",
     "quantity: thousands and decimal are the same mark, .; give decimal as well"),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'YYYY-MM-DD MI:SS'}",
     "order_ts: the format YYYY-MM-DD MI:SS has minutes or seconds without the hour; " + FORMAT_HINT),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'YYYY-MM-DD HH12:MI'}",
     "order_ts: the format YYYY-MM-DD HH12:MI has HH12 without AM; " + FORMAT_HINT),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'YYYY-MM-DD HH:MI'}",
     "order_ts: the format YYYY-MM-DD HH:MI has HH, which may be of 24 or 12 hours; " + FORMAT_HINT),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'YYYY-MM-DD HH24:MI AM'}",
     "order_ts: the format YYYY-MM-DD HH24:MI AM has AM without HH12; " + FORMAT_HINT),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'YYYY-MM-DD HH24 SS'}",
     "order_ts: the format YYYY-MM-DD HH24 SS has seconds without minutes; " + FORMAT_HINT),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'YYYY-MM-DD HH24:MM'}",
     "order_ts: the format YYYY-MM-DD HH24:MM has MM more than once; " + FORMAT_HINT),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'YYYY-MM-DD HH24 HH12 AM'}",
     "order_ts: the format YYYY-MM-DD HH24 HH12 AM has both HH24 and HH12; " + FORMAT_HINT),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: DD.MM.}",
     'format: "DD.MM." is not a format with YYYY or YY, MM or Mon, and DD; it may have HH24 or HH12, MI, SS, '
     "AM, TZ; epoch_seconds, epoch_milliseconds and excel_days are formats too"),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'DD Mon MM YY'}",
     "order_ts: the format DD Mon MM YY has both MM and Mon; " + FORMAT_HINT),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: DD.MM.YY, language: de}",
     "order_ts: language is of no use without Mon or Month in the format"),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: DD-Mon-YY, language: da}",
     'language: "da" is not one of en, de, fr, es, pt, it, nl'),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: DD.MM.YYYY, pivot_year: 70}",
     "order_ts: pivot_year is of no use without YY in the format"),
    ("orders.yaml", "  order_ts: order_ts", "  order_ts: {expression: 'time(\"day\", ''DD.Mon'')'}",
     "order_ts: the format DD.Mon needs a day, a month and a year; " + FORMAT_HINT),
    ("orders.yaml", "  amount: amount", "  amount: {column: amount, currency: []}",
     "currency: a list is not a currency's sign or code, or a list of them"),
    ("orders.yaml", "  amount: amount", "  amount: amount\n          weight: {column: kg, currency: kg}",
     "currency needs type: number beside it"),
    ("orders.yaml", "timezone: UTC", "timezone: UTC\n        ready_local_times: first",
     'local_times: "first" is not one of later, earlier, invalid'),
    ("orders.yaml", "  status: status", "  status: {column: a, expression: b}",
     "status: give one of column and expression"),
    ("orders.yaml", "  status: status", "  status: {}", "status: give one of column and expression"),
    ("orders.yaml", "  amount: amount", "  amount: {column: amount, round: 7}",
     "round: 7 is not a number of decimals from 0 to 6"),
    ("orders.yaml", "  amount: amount", "  amount: amount\n          Quantity: qty",
     "columns: Quantity is no column name; lower case letters, digits and _, at most 59"),
    ("orders.yaml", "  amount: amount", "  amount: amount\n          user: u",
     "columns: user has a meaning of its own already; choose another name"),
    ("orders.yaml", "  amount: amount", "  amount: amount\n          line_number: n",
     "columns: line_number has a meaning of its own already; choose another name"),
    ("orders.yaml", "  amount: amount", "  amount: amount\n          price_raw: n",
     "columns: price_raw has a meaning of its own already; choose another name"),
    ("orders.yaml", "  amount: amount", "  amount: amount\n          quantity: {column: qty, type: numbr}",
     'type: "numbr" is not one of text, number; did you mean number?'),
    ("orders.yaml", "  amount: amount", "  amount: amount\n          quantity: {column: qty, round: 2}",
     "round needs type: number beside it"),
    ("orders.yaml", "  amount: amount", "  amount: amount\n          quantity: {type: number}",
     "quantity: give one of column and expression"),
    ("orders.yaml", "name: orders_mapped", "name: order_mapped",
     'name: "order_mapped" is not one of orders_mapped, order_lookups; did you mean orders_mapped?'),
    ("expectations.yaml", "- name: orders_parsed", "- name: orders_prsed",
     'name: "orders_prsed" is not one of orders_parsed; did you mean orders_parsed?'),
    ("expectations.yaml", "- unique_within_load", "- unique_within_lod",
     "there is no test unique_within_lod; did you mean unique_within_load?"),
    ("expectations.yaml", "- valid_number", "- dbt_expectations.expect_column_values_to_be_numbr",
     "there is no test dbt_expectations.expect_column_values_to_be_numbr; "
     "did you mean dbt_expectations.expect_column_values_to_be_null?"),
    ("expectations.yaml", '{row_condition: "amount', '{row_conditon: "amount',
     "dbt_expectations.expect_column_values_to_not_be_null takes no argument row_conditon; "
     "did you mean row_condition?"),
    ("expectations.yaml", "{value_set: [EUR]}", "{}",
     "dbt_expectations.expect_column_values_to_be_in_set needs the argument value_set"),
    ("expectations.yaml", "{value_set: [EUR]}", "{value_set: EUR}",
     f"{IN_SET}: value_set is not a list of one value or more"),
    ("expectations.yaml", "{value_set: [EUR]}", "{value_set: []}",
     f"{IN_SET}: value_set is not a list of one value or more"),
    ("expectations.yaml", "{value_set: [EUR]}", "{value_set: [NO, EUR]}",
     "value_set[1]: false " + BARE.format("false, no or off", "false")),
    ("expectations.yaml", "values: [completed, ", "values: [on, ",
     "values[1]: true " + BARE.format("true, yes or on", "true")),
    ("expectations.yaml", "values: [completed, ", "values: [NULL, ",
     "values[1]: null " + BARE.format("NULL", "null")),
    ("expectations.yaml", "{min_value: 0}", "{min_value: 10, max_value: 1}",
     f"{BETWEEN}: min_value (10) is not below max_value (1)"),
    ("expectations.yaml", "{min_value: 0}", "{min_value: 1, max_value: 1, strictly: true}",
     f"{BETWEEN}: min_value (1) is not below max_value (1)"),
    ("expectations.yaml", "{min_value: 0}", "{min_value: 2024-01-31}",
     f"{BETWEEN}: min_value is no number, nor an SQL expression; such as \"date '2024-01-31'\""),
    ("expectations.yaml", "{min_value: 0}", "{row_condition: status is null}",
     f"{BETWEEN} needs min_value or max_value"),
    ("expectations.yaml", "- valid_number", "- not_null: {config: {severty: warn}}",
     "unknown key severty; did you mean severity?"),
    ("expectations.yaml", "- valid_number", '- valid_number: {config: {fail_calc: "0"}}',
     "unknown key fail_calc; known: alias, database, enabled, error_if, group, limit, meta, schema, "
     "severity, store_failures, store_failures_as, tags, warn_if, where"),
    ("expectations.yaml", "- valid_number", "- not_null: {config: {severity: waring}}",
     'severity: "waring" is not one of error, warn, ERROR, WARN; did you mean warn?'),
    ("expectations.yaml", "- valid_number", "- not_null: {config: {error_if: 10}}",
     'error_if: 10 is not a condition on the number of failures such as ">10"'),
    ("expectations.yaml", "- valid_number", "- not_null: {config: {error_if: '> 1%'}}",
     'error_if: "> 1%" is not a condition on the number of failures such as ">10"'),
    ("expectations.yaml", "- valid_number", "- not_null: {config: {meta: {ready_on_fial: quarantine}}}",
     "unknown key on_fial; did you mean on_fail?"),
    ("expectations.yaml", "- valid_number",
     "- dbt_expectations.expect_column_mean_to_be_between:\n              arguments: {min_value: 0}\n"
     "              config: {meta: {ready_on_fail: quarantine}}",
     "dbt_expectations.expect_column_mean_to_be_between finds no rows that could be set aside; "
     "use severity: error or warn"),
    ("expectations.yaml", "- valid_number",
     "- dbt_expectations.expect_column_mean_to_be_between:\n              arguments: {min_value: 0}\n"
     "              config: {meta: {ready_max_failures: 3}}",
     "dbt_expectations.expect_column_mean_to_be_between judges the table as a whole: there are no rows of "
     "which some could pass; leave max_failures out, or use severity: warn"),
    ("expectations.yaml", "- valid_number", "- not_null: {confg: {severity: warn}}",
     "not_null takes no argument confg; did you mean config?"),
    ("expectations.yaml", "- valid_number",
     "- dbt_expectations.expect_table_row_count_to_be_between: {arguments: {min_value: 1}}",
     "dbt_expectations.expect_table_row_count_to_be_between is a test of a table, not of a column; "
     "move it to the data_tests of the model"),
    ("expectations.yaml", "- dbt_expectations.expect_table_row_count_to_be_between:\n"
     "          arguments: {min_value: 1}", "- not_null",
     "not_null needs the argument column_name; move it below a column"),
    ("expectations.yaml", "- name: currency", "- name: curency",
     "orders_parsed has no column curency; did you mean currency?"),
    ("expectations.yaml", "- name: currency", "- name: amount", "the column amount is there twice"),
    ("expectations.yaml", "- name: currency", "- name: currency\n        meta: {ready_sensitve: true}",
     "unknown key sensitve; did you mean sensitive?"),
    ("expectations.yaml", "    columns:", "    colums:", "unknown key colums; did you mean columns?"),
    ("features.yaml", "every: month", "every: months",
     'every: "months" is not one of day, week, month, order; did you mean month?'),
    ("features.yaml", '# start: "2024-03-01"', 'start: "2024-02-30"',
     'start: "2024-02-30" is not a date as YYYY-MM-DD'),
    ("features.yaml", "[7, 30, 90]", "[7, 30, -90]",
     "windows[3]: -90 is not a whole number of days, at least 1"),
    ("features.yaml", "[7, 30, 90]", "[7, 30, 90.0]",
     "windows[3]: 90.0 is not a whole number of days, at least 1"),
    ("features.yaml", "[7, 30, 90]", "[7, 7]", "windows: a list is not a list of days, each once"),
    ("features.yaml", "revenue: sum of amount", "revenue: sum of amuont",
     "revenue: stg.orders has no column amuont; did you mean amount?"),
    ("features.yaml", "revenue: sum of amount", "revenue: sum amount",
     'revenue: "sum amount" is not count, or sum, avg, min, max, median, quantile 0.9, stddev, '
     "count_distinct, latest, first or mode of a column; or {rule, by, values}"),
    ("features.yaml", "revenue: sum of amount", "revenue: latest of amount",
     "revenue: amount is no text that several orders share, so it has no latest; "
     "name a column of categories, such as channel"),
    ("features.yaml", "revenue: sum of amount", "revenue: mode of order_id",
     "revenue: order_id is no text that several orders share, so it has no mode; "
     "name a column of categories, such as channel"),
    ("features.yaml", "revenue: sum of amount", "revenue: mode of chanel",
     "revenue: stg.orders has no column chanel; did you mean channel?"),
    ("features.yaml", "revenue: sum of amount  # gives", "next: first of channel  # gives",
     'next: "first of channel" is not no purchase, or count, '
     "or sum, avg, min, max, median, quantile 0.9, stddev or count_distinct of a column; or {rule, horizon}"),
    ("features.yaml", "revenue: sum of amount", "revenue: stddev of channel",
     "revenue: channel is no number, so it has no stddev"),
    ("features.yaml", "orders: count ", "orders: {rule: count, by: chanel, values: [web]} #",
     "orders: by: stg.orders has no column chanel; did you mean channel?"),
    ("features.yaml", "orders: count ", "orders: {rule: count, by: channel} #", "orders has no values"),
    ("features.yaml", "orders: count ", "orders: {rule: count, by: channel, values: [web, yes]} #",
     "values[2]: true " + BARE.format("true, yes or on", "true")),
    ("features.yaml", "orders: count ", "orders: {rule: count, by: channel, values: ['{{ x }}']} #",
     "values[1]: {{ x }} is Jinja, so its column is not known; write the value itself"),
    ("features.yaml", "orders: count ", "orders: {rule: count, by: channel, values: [web, WEB]} #",
     "aggregations: the column orders_web_7d comes twice"),
    ("features.yaml", "orders: count ", "orders: {rule: count, by: channel, value: [web]} #",
     "unknown key value; did you mean values?"),
    ("features.yaml", "orders: count ", "orders: {rule: counts, by: channel, values: [web]} #",
     'rule: "counts" is not count, or sum, avg, min, max, median, quantile 0.9, stddev, '
     "count_distinct, latest, first or mode of a column"),
    ("features.yaml", "revenue: sum of amount", "revenue: quantile 1.5 of amount",
     'revenue: "quantile 1.5 of amount" is not count, or sum, avg, min, max, median, quantile 0.9, stddev, '
     "count_distinct, latest, first or mode of a column; or {rule, by, values}"),
    ("features.yaml", "revenue: sum of amount", "revenue: quantile 0.5 of channel",
     "revenue: channel is no number, so it has no quantile"),
    ("features.yaml", "revenue: sum of amount", "revenue: median of amuont",
     "revenue: stg.orders has no column amuont; did you mean amount?"),
    ("features.yaml", "max_order_value: max", "m" * 60 + ": max",
     f"aggregations: the name {'m' * 60}_30d is too long; at most 63 letters"),
    ("features.yaml", "revenue: sum of amount  # gives", "gone: no purchases  # gives",
     'gone: "no purchases" is not no purchase, or count, '
     "or sum, avg, min, max, median, quantile 0.9, stddev or count_distinct of a column; or {rule, horizon}"),
    ("features.yaml", "revenue: sum of amount  #", "revenue: {rule: sum of amount, horizons: 7}  #",
     "unknown key horizons; did you mean horizon?"),
    ("features.yaml", "revenue: sum of amount  #", "revenue: {rule: sum of amuont, horizon: 7}  #",
     "revenue: stg.orders has no column amuont; did you mean amount?"),
    ("features.yaml", "revenue: sum of amount  # gives", "n" * 50 + ": {rule: count, horizon: 7}  # gives",
     f"label: the name label_{'n' * 50}_next_7d is too long; at most 63 letters"),
    ("features.yaml", "revenue: sum of amount  # gives", "revenue: sum of amuont  # gives",
     "revenue: stg.orders has no column amuont; did you mean amount?"),
    ("features.yaml", "totals: [orders, ", "totals: [order, ",
     "totals: there is no aggregation order; did you mean orders?"),
    ("features.yaml", "ready_totals: [o", "ready_days_since_nth_last_order: [2, 1]\n        ready_totals: [o",
     "days_since_nth_last_order[2]: 1 is not a whole number from 2 to 20"),
    ("features.yaml", "- name: customer_id", "- name: days_since_2nd_last_order",
     "customer_features has no column days_since_2nd_last_order; did you mean days_since_last_order?"),
    ("features.yaml", "ready_totals: [o",
     "ready_ratios: {trend: revenue_7d / revenue_60d}\n        ready_totals: [o",
     "trend: no window or total gives a column revenue_60d; did you mean revenue_90d?"),
    ("features.yaml", "ready_totals: [o",
     "ready_ratios: {trend: revenue_7d per revenue_90d}\n        ready_totals: [o",
     'trend: "revenue_7d per revenue_90d" is not a column / another, such as revenue_7d / revenue_90d'),
    ("features.yaml", "max_order_value: max of amount",
     "max_order_value: mode of channel\n        ready_ratios: {trend: orders_7d / max_order_value_90d}",
     "trend: max_order_value_90d is no number, so it has no ratio"),
    ("features.yaml", "ready_totals: [o",
     "ready_ratios: {" + "r" * 60 + ": orders_7d / orders_30d}\n        ready_totals: [o",
     f"ratios: the name {'r' * 60}_ratio is too long; at most 63 letters"),
    ("features.yaml", "horizon: 30 ", "horizon: '30' ",
     'horizon: "30" is not a whole number of days, at least 1'),
    ("features.yaml", "val: 0.15 ", "val: 0.4 ", "splits: train 0.7 and val 0.4 are more than 1 together"),
    ("features.yaml", "train: 0.7", "train: 1.7", "train: 1.7 is not a share between 0 and 1"),
    ("features.yaml", "# by: customer ", "by: customers #",
     'by: "customers" is not one of time, customer, both; did you mean customer?'),
    ("features.yaml", "# seed: 42 ", "seed: 42 #", "splits by time have no seed"),
    ("features.yaml", "# by: customer ", "by: both\n          seed: 99999999999999999999 #",
     "99999999999999999999 is more than a whole number can be (64 bits)"),
    ("features.yaml", "# by: customer ", "by: customer\n          embargo: 30 #",
     "splits by customer have no embargo"),
    ("features.yaml", '# val_from: "2025-01-01"', 'val_from: "2025-01-01"',
     "val_from needs test_from beside it"),
    ("features.yaml", "- name: customer_id", "- name: customer",
     "customer_features has no column customer; did you mean customer_id?"),
]
# fmt: on


@pytest.mark.parametrize(
    ("file", "old", "new", "message"), FAULTS, ids=[message[:60] for *_, message in FAULTS]
)
def test_each_fault_is_told_with_its_line(edited: Edit, file: str, old: str, new: str, message: str) -> None:
    first_line = line_of(file, old.splitlines()[0])
    added = new.count("\n")
    found = edited(file, old, new)
    assert any(
        finding.endswith(f": {message}")
        and first_line - 1 <= int(finding.split(":")[1]) <= first_line + added
        for finding in found
    ), found


ON_FEATURE = (
    "      - &max_order_value_7d\n        name: max_order_value_7d\n",
    "{not_null: {config: {meta: {ready: {%s}}}}}",
)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("{not_null: {name: required}}", "{unique: {name: required}}", "another check is called required: "),
        (
            "{not_null: {name: one_currency}}",
            "unique",
            "one_currency is the name of a rule that is on by default",
        ),
        ("not_null", "{not_null: {config: {severity: warn}}}", "the same check (not_null) is there twice: "),
        (
            "{not_null: {config: {enabled: false}}}",
            "unique",
            "warning: not_null on file_name is switched off",
        ),
        (
            "{not_null: {config: {meta: {ready_ON_FAIL: quarantine}}}}",
            "unique",
            "unknown key ON_FAIL; known: max_failures, max_share, on_fail",
        ),
        ("{not_null: {meta: {ready_max_share: 5}}}", "unique", "max_share"),
        ("{not_null: {meta: {ready_max_failures: -1}}}", "unique", "max_failures"),
        ("Not_Null", "unique", "there is no test Not_Null; did you mean not_null?"),
        (
            "{dbt_expectations.expect_column_proportion_of_unique_values_to_be_between: "
            "{arguments: {max_value: 95}}}",
            "unique",
            "max_value is a share of 0 to 1, not 95",
        ),
    ],
)
def test_no_check_passes_in_silence(edited: Edit, first: str, second: str, told: str) -> None:
    column = "        description: The file it came from.\n"
    findings = edited("expectations.yaml", column, f"{column}        data_tests: [{first}, {second}]\n")
    assert len(findings) == 1, findings
    assert told in findings[0]


def test_rows_of_features_are_not_set_aside(edited: Edit) -> None:
    column, check = ON_FEATURE
    tested = f"{column}        data_tests: [{check % 'on_fail: quarantine'}]\n"
    assert "only rows of the files can be set aside" in "".join(edited("features.yaml", column, tested))
    assert edited("features.yaml", "on_fail: quarantine", "max_share: 0.5") == []


def test_splits_are_cut_one_way_and_in_order(edited: Edit) -> None:
    found = edited(
        "features.yaml",
        '# val_from: "2025-01-01"',
        "val_from: 2025-05-01\n          test_from: 2025-04-01\n#",
    )
    line = line_of("features.yaml", "val_from")
    assert found == [
        f"features.yaml:{line - 2}: splits are cut by share or by date, not by both: train, val_from",
        f"features.yaml:{line + 1}: test_from (2025-04-01) is not after val_from (2025-05-01)",
    ]


def test_an_extra_column_is_known_everywhere(edited: Edit, tmp_path: Path) -> None:
    added = "quantity: {column: qty, type: number, round: 0}\n          country: Country"
    assert edited("orders.yaml", "  amount: amount", f"  amount: amount\n          {added}") == []
    features = tmp_path / "configs" / "features.yaml"
    text = features.read_text()
    more = "spread: stddev of quantity\n          orders_in: {rule: count, by: country, values: [de, A-T]}"
    features.write_text(
        text.replace("revenue: sum of amount", f"revenue: sum of amount\n          {more}", 1)
    )
    expectations = tmp_path / "configs" / "expectations.yaml"
    text = expectations.read_text()
    tested = "- name: quantity\n        data_tests: [valid_number]\n      - name: country_raw\n"
    expectations.write_text(text.replace("- name: load_id\n", f"{tested}      - name: load_id\n", 1))
    assert findings_of(tmp_path / "configs") == []
    features.write_text(features.read_text().replace("stddev of quantity", "stddev of country"))
    assert [finding.partition(": ")[2] for finding in findings_of(tmp_path / "configs")] == [
        "spread: country is no number, so it has no stddev; give it type: number in orders.yaml"
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("stddev of amount", "orders has no total; stddev and count_distinct have none"),
        ("count_distinct of channel", "orders has no total; stddev and count_distinct have none"),
        ("{rule: count, by: channel, values: [web]}", "orders is by category, so it has no total"),
    ],
)
def test_what_has_no_total(edited: Edit, rule: str, message: str) -> None:
    line = line_of("features.yaml", "totals:")
    found = edited("features.yaml", "orders: count ", f"orders: {rule} ")
    assert f"features.yaml:{line}: totals: {message}" in found


@pytest.mark.parametrize(
    "rule", ["count", "no purchase", "stddev of amount", "count_distinct of channel", "sum of line_count"]
)
def test_a_label_by_any_rule(edited: Edit, rule: str) -> None:
    assert edited("features.yaml", "revenue: sum of amount  # gives", f"revenue: {rule}  # gives") == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("features.yaml", "# by: customer ", "by: both\n          seed: -9223372036854775808 #"),
        ("expectations.yaml", "[EUR]", "['NO', EUR]"),
        ("expectations.yaml", "[EUR]", "[no, yes], quote_values: false"),
        ("expectations.yaml", "[EUR]", "\"{{ var('currencies') }}\""),
        ("expectations.yaml", "{min_value: 0}", "{min_value: 1, max_value: 1}"),
        ("orders.yaml", "  amount: amount", "  amount: {column: amount, decimal: ',', thousands: '.'}"),
        ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'YYYYMMDD HH24'}"),
        ("orders.yaml", "  order_ts: order_ts", "  order_ts: {column: day, format: 'MM/DD/YYYY HH12:MI AM'}"),
    ],
)
def test_what_is_near_a_fault_and_none(edited: Edit, file: str, old: str, new: str) -> None:
    assert edited(file, old, new) == []


def test_true_and_false_of_a_column_that_is_so(edited: Edit, tmp_path: Path) -> None:
    by = "orders_by: {rule: count, by: is_purchase, values: [true, false]}"
    assert edited("features.yaml", "# orders_by:", f"{by} #") == []
    features = tmp_path / "configs" / "features.yaml"
    text = features.read_text().replace("revenue: sum of amount  # gives", "gone: no purchase  # gives")
    known = "        data_tests: [{accepted_values: {arguments: {values: [true, false]}}}]\n"
    features.write_text(text.replace("name: label_revenue_next_30d\n", f"name: label_gone_next_30d\n{known}"))
    assert findings_of(tmp_path / "configs") == []


def test_another_window_is_one_line(edited: Edit) -> None:
    assert edited("features.yaml", "[7, 30, 90]", "[14, 60]") == []


def test_a_test_on_a_column_of_a_window_that_is_not_made(edited: Edit) -> None:
    found = edited("features.yaml", "name: orders_7d", "name: orders_8d\n        data_tests: [not_null]")
    assert found[0].endswith("customer_features has no column orders_8d; did you mean orders_7d?")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("version: 2\nmodels: []\nversion: 2\n", 3, "the key version is there twice, first in line 1"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2,
         "the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed here"),
        ("a: 1\nb: [1, 2\n", 3, "no valid yaml: expected ',' or ']', but got '<stream end>'"),
        ("a: &a [1]\nb: *c\n", 2, "no valid yaml: found undefined alias 'c'"),
        ("a: &a [*a]\n", 1, "no valid yaml: an alias in line 1 contains itself"),
        ("[" * 5000, 1, "no valid yaml: nested too deeply"),
        ("a: 1\n---\nb: 2\n", 2, "no valid yaml: but found another document"),
        ("a: 2024-02-30\n", 1, "2024-02-30 is no valid timestamp"),
        ("? [a]\n: 1\n", 1, "a key is a word, not a list or a mapping"),
    ],
)  # fmt: skip
def test_yaml_is_read_strictly(tmp_path: Path, text: str, line: int, message: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    assert [(finding.line, finding.message) for finding in read_document(file).findings] == [(line, message)]


def test_an_alias_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    file = tmp_path / "x.yaml"
    file.write_text("\n".join(lines))
    document = read_document(file)
    assert [finding.message for finding in document.findings] == [
        "no valid yaml: its aliases expand to more than 50000 values"
    ]


def test_bytes_that_are_not_text_are_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"a: \xff\n")
    assert [finding.message for finding in read_document(file).findings] == [
        "no valid yaml: byte 3 is not UTF-8"
    ]


def test_aliases_and_merges_are_what_dbt_sees(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\nd: 2024-03-01\n")
    document = read_document(file)
    assert document.findings == []
    assert document.value == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2},
        "d": "2024-03-01",
    }


def test_a_missing_and_a_misnamed_file(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "configs", tmp_path, dirs_exist_ok=True)
    (tmp_path / "expectations.yaml").rename(tmp_path / "expectation.yaml")
    assert findings_of(tmp_path) == [
        "expectations.yaml:1: the file is missing; did you mean expectation.yaml?"
    ]


def test_an_empty_file_is_no_gate(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "configs", tmp_path, dirs_exist_ok=True)
    (tmp_path / "expectations.yaml").write_text("# later\n")
    assert findings_of(tmp_path) == ["expectations.yaml:1: the file: nothing (null) is not a mapping"]


def test_a_file_without_its_model(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "configs", tmp_path, dirs_exist_ok=True)
    (tmp_path / "expectations.yaml").write_text("version: 2\nmodels: []\n")
    assert findings_of(tmp_path) == ["expectations.yaml:2: the model orders_parsed is not described"]


def test_jinja_is_left_to_dbt(edited: Edit) -> None:
    assert edited("features.yaml", "horizon: 30 ", "horizon: \"{{ var('horizon') }}\" ") == []


def test_commands_that_build_stop_with_every_finding(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "configs", tmp_path, dirs_exist_ok=True)
    settings = Settings.resolve(configs=tmp_path, environ={"READY_PROJECT_DIR": str(PROJECT)})
    require_clean_configs(settings)
    (tmp_path / "orders.yaml").unlink()
    with pytest.raises(
        UsageError, match=r"1 fault\(s\) in the configs:\n  .*orders.yaml:1: the file is missing"
    ):
        require_clean_configs(settings)


def test_signatures_are_read_from_the_files() -> None:
    sql = """
    {%- test first(model, column_name, a, b='x, y', c=["p", "q"], d=none) -%} select 1 {% endtest %}
    {% macro no_test(model) %}{% endmacro %}
    {% test second(
        model,
        e=0.5
    ) %} select 1 {% endtest %}
    """
    assert list(read_signatures(sql, "package.")) == [
        Signature("package.first", ("column_name", "a", "b", "c", "d"), ("column_name", "a")),
        Signature("package.second", ("e",), ()),
    ]


def test_known_tests_are_dbt_s_the_package_s_and_our_own() -> None:
    tests = known_tests(PROJECT, PROJECT)
    assert tests["relationships"].required == ("column_name", "to", "field")
    assert tests["dbt_expectations.expect_column_values_to_be_between"].required == ("column_name",)
    assert tests["valid_timestamp"].arguments == ("column_name", "raw_column")


def test_the_schema_has_the_columns_that_the_models_make() -> None:
    macro = (PROJECT / "macros" / "mapping" / "orders_mapping.sql").read_text()
    listed = re.search(r"{% do return\(\[('order_id'.*?)\]\)", macro)
    assert listed is not None
    assert canonical_columns() == re.findall(r"'(\w+)'", listed.group(1))


def test_the_lint_knows_the_columns_of_orders() -> None:
    described = yaml.safe_load((PROJECT / "models" / "staging" / "_models.yml").read_text())["models"]
    orders = next(model for model in described if model["name"] == "orders")
    assert set(ORDERS_COLUMNS) == {column["name"] for column in orders["columns"]}


def test_reserved_names_are_read_from_the_macro() -> None:
    assert {"load_id", "first_order_ts", "order", "user", "with"} <= reserved_names(PROJECT)
    assert not {"quantity", "country", "{%"} & reserved_names(PROJECT)


# ---------------------------------------------------------------- the grain

LINES = ("grain: order ", "grain: order_line ")
Edits = list[tuple[str, str, str]]


def of_lines(configs: Path, *edits: tuple[str, str, str]) -> list[str]:
    """The findings where the shipped configs, without their rule on ids, are of lines and edited further."""
    shutil.copytree(PROJECT / "configs", configs)
    usual = [
        ("orders.yaml", *LINES),
        ("expectations.yaml", "          - unique_within_load ", "          # "),
    ]
    for file, old, new in [*usual, *edits]:
        text = (configs / file).read_text()
        assert old in text
        (configs / file).write_text(text.replace(old, new, 1))
    return [finding.split(": ", 1)[1] for finding in findings_of(configs)]


def mapped(entry: str) -> tuple[str, str, str]:
    return ("orders.yaml", "  channel: channel", f"  channel: channel\n          {entry}")


def test_a_rule_that_an_order_id_comes_once_contradicts_lines(edited: Edit) -> None:
    line = line_of("expectations.yaml", "unique_within_load")
    told = (
        f"expectations.yaml:{line}: unique_within_load on order_id contradicts grain: order_line, where an "
        "order has several rows; take it out; which lines an order has is checked by lines_are_decided"
    )
    assert edited("orders.yaml", *LINES) == [told]


def test_configs_of_order_lines_are_sound(tmp_path: Path) -> None:
    more = [
        "line_id: line",
        "category: {column: Category, of: line}",
        "total: {column: T, type: number, of: order}",
    ]
    status = ("orders.yaml", "  status: status", "  status: {column: status, of: line}")
    assert of_lines(tmp_path / "configs", status, *map(mapped, more)) == []


UNIQUE = "    data_tests:\n      - unique: {arguments: {column_name: order_id}}\n"
OVER_FILES = (
    "orders.yaml",
    "        ready_timezone:",
    "        ready_lines_over_files: sum\n        ready_timezone:",
)


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ([mapped("available_at: changed")], "available_at cannot be mapped at grain: order_line: "),
        ([mapped("line_id: {column: n, of: order}")], "line_id: every line has its own, so it is of neither"),
        ([mapped("line_id: n"), OVER_FILES], "lines_over_files does nothing beside line_id"),
        (
            [("expectations.yaml", "    data_tests:\n", UNIQUE)],
            "unique on order_id contradicts grain: order_line",
        ),
    ],
)
def test_what_lines_cannot_have_is_named(tmp_path: Path, edits: Edits, told: str) -> None:
    (finding,) = of_lines(tmp_path / "configs", *edits)
    assert finding.startswith(told)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("line_id: n", "line_id has no meaning where a row is an order"),
        (
            "total: {column: T, type: number, of: order}",
            "total: of: order has no meaning where a row is an order",
        ),
    ],
)
def test_what_is_of_lines_has_no_meaning_for_orders(edited: Edit, entry: str, told: str) -> None:
    (finding,) = edited(*mapped(entry))
    assert finding.split(": ", 1)[1] == f"{told}; say grain: order_line, if several rows make an order"


def test_a_value_of_the_order_is_not_split_by_a_column_of_its_lines(tmp_path: Path) -> None:
    amount = ("orders.yaml", "  amount: amount", "  amount: {column: Total, of: order}")
    by = [
        "x: {rule: sum of amount, by: kind, values: [a]}",
        "y: {rule: sum of amount, by: channel, values: [a]}",
    ]
    place = "          orders: count"
    rules = ("features.yaml", place, "".join(f"          {rule}\n" for rule in by) + place)
    told = of_lines(tmp_path / "configs", amount, mapped("kind: Kind"), rules)
    assert [finding for finding in told if "is the order's" in finding] == [
        "x: amount is the order's and kind a line's, so no part of it belongs to a line; "
        "map amount of each line, or kind with of: order"
    ]
