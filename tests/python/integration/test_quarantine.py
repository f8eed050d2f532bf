"""Quarantine and thresholds on a running warehouse: which rows, up to which ceiling, and what is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import PROJECT
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

PACKAGE = "dbt_expectations.expect_column_values_to"
HEADER = ["order_id", "customer_id", "order_ts", "amount", "currency", "status", "channel"]
Rules = list[tuple[str | None, dict[str, Any]]]
# The rules that are on by default have tests of their own: here they only report.
ON_BY_DEFAULT = sorted(file.stem for file in (PROJECT / "tests/dbt/gate").glob("*.sql"))
RELAXED = {name: {"severity": "warn"} for name in ON_BY_DEFAULT}


def orders() -> list[dict[str, str]]:
    """Sixty orders of ten customers over a year, without a fault; number n stands in line n + 2."""
    return [
        dict(zip(HEADER, (f"A{n}", f"C{n % 10}", f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}T10:00:00Z", f"{n}.50",
                          "EUR", "completed", "web"), strict=True))
        for n in range(60)
    ]  # fmt: skip


@dataclass(frozen=True)
class Shop:
    warehouse: Warehouse

    @property
    def configs(self) -> Path:
        return self.warehouse.folder / "configs"

    def expect(self, rules: Rules) -> None:
        """The gate from now on. JSON is YAML."""
        columns = [{"name": column, "data_tests": [test]} for column, test in rules if column]
        merged: dict[str, list[Any]] = {}
        for column in columns:
            merged.setdefault(str(column["name"]), []).extend(column["data_tests"])
        model = {
            "name": "orders_parsed",
            "config": {"meta": {"ready": {"default_rules": RELAXED}}},
            "data_tests": [test for column, test in rules if column is None],
            "columns": [{"name": name, "data_tests": tests} for name, tests in merged.items()],
        }
        content = json.dumps({"version": 2, "models": [model]}, indent=2)
        (self.configs / "expectations.yaml").write_text(content)

    def deliver(self, faults: Mapping[int, Mapping[str, str]], *, again: int | None = None) -> None:
        """The sixty orders with some values changed; at the end one of the ids on another order."""
        rows = [{**row, **faults.get(number, {})} for number, row in enumerate(orders())]
        other = {"order_ts": "2025-12-31T10:00:00Z", "amount": "99.50"}
        rows += [{**rows[again], **other}] if again is not None else []
        lines = [",".join(row[name] for name in HEADER) for row in rows]
        (self.warehouse.folder / "data" / "orders.csv").write_text(
            "\n".join([",".join(HEADER), *lines]) + "\n"
        )

    def run(self, **env: str) -> tuple[int, str]:
        done = self.warehouse.ready(
            "run", "--data", self.warehouse.folder / "data", "--configs", self.configs, **env
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Those of the rules that the file has."""
        return [check for check in self.warehouse.report["checks"] if check["name"] not in ON_BY_DEFAULT]

    def check(self, rule: str) -> dict[str, Any]:
        (found,) = [check for check in self.warehouse.report["checks"] if check["rule"].startswith(rule)]
        return found


@pytest.fixture(scope="module")
def shop(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with new_database(server) as database:
        shop = Shop(Warehouse(tmp_path_factory.mktemp("quarantine"), database))
        for folder in ("configs", "data"):
            (shop.warehouse.folder / folder).mkdir()
        for name in ("orders.yaml", "features.yaml"):
            copy(PROJECT / "configs" / name, shop.configs)
        yield shop


def rule(name: str, *, where: str | None = None, meta: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    config = {"meta": {"ready": meta}, **({"where": where} if where else {})}
    return {name: {"config": config, **({"arguments": arguments} if arguments else {})}}


def aside(name: str, *, where: str | None = None, **arguments: Any) -> dict[str, Any]:
    return rule(name, where=where, meta={"on_fail": "quarantine"}, **arguments)


# Column, rule, and the one change of the data that breaks it: order number and what is different there.
KINDS: list[tuple[str | None, dict[str, Any], int, dict[str, str]]] = [
    ("channel", aside("not_null", where="currency = 'EUR'"), 3, {"channel": ""}),
    ("channel", aside("accepted_values", values=["web", "app"]), 4, {"channel": "fax"}),
    ("amount_raw", aside("unique"), 6, {"amount": "5.50"}),
    ("amount", aside("valid_number"), 7, {"amount": "seven"}),
    ("order_ts", aside("valid_timestamp"), 8, {"order_ts": "2025-02-30"}),
    ("status", aside("foreign_key", to="ref('order_statuses')", field="status", where="customer_id = 'C9'"),
     9, {"status": "lost"}),
    ("status", aside("relationships", to="ref('order_statuses')", field="status", where="customer_id = 'C0'"),
     10, {"status": "lost"}),
    ("amount", aside(f"{PACKAGE}_be_between", min_value=0, row_condition="currency = 'EUR'"),
     11, {"amount": "-11.50"}),
    ("customer_id", aside(f"{PACKAGE}_match_regex", regex="^C[0-9]$", where="channel = 'app'"),
     12, {"customer_id": "X", "channel": "app"}),
    ("currency", aside(f"{PACKAGE}_be_in_set", value_set=["EUR", "USD"]), 13, {"currency": "XXX"}),
    ("customer_id", aside(f"{PACKAGE}_be_unique", row_condition="customer_id like 'U%'"),
     15, {"customer_id": "U1"}),
    (None,
     aside("dbt_expectations.expect_compound_columns_to_be_unique", column_list=["order_ts", "channel"]),
     17, {"order_ts": "2025-05-17T10:00:00Z"}),
    # Numbers are compared as numbers, whatever their decimals.
    ("amount", aside("unique", where="line_number between 40 and 50"), 45, {"amount": "44.5000"}),
    ("amount", aside("accepted_values", where="customer_id = 'C8'", values=[8.5, 18.5, 28.5, "38.500", 48.5]),
     58, {"amount": "58.5"}),
    ("amount", aside(f"{PACKAGE}_be_in_set", value_set=[2.5, 22.5, "32.500", 42.5],
                     row_condition="customer_id = 'C2'"),
     52, {"amount": "52.5"}),
]  # fmt: skip
# The same values where no rule looks at them, or the first of a key: these rows stay.
HARMLESS = {
    5: {"amount": "5.50"},
    14: {"customer_id": "U1"},
    20: {"amount": "-20.50", "currency": "USD"},
    21: {"customer_id": "X"},
    22: {"channel": "", "currency": "USD"},
    24: {"status": "lost"},
}


def test_each_kind_of_rule_sets_its_rows_aside_and_goes_on(shop: Shop) -> None:
    faults = {number: change for *_, number, change in KINDS}
    shop.expect([*((column, rule) for column, rule, *_ in KINDS), ("order_id", aside("unique_within_load"))])
    shop.deliver({**HARMLESS, **faults}, again=30)
    code, output = shop.run(GITHUB_ACTIONS="true")
    assert code == 0, output
    told = {(check["column"], check["rule"]): check for check in shop.checks}
    reasons = {f"{column}: {rule}" if column else rule for column, rule in told}
    rejected = shop.warehouse.rows(
        "select reason, file_name, line_number from stg.orders_rejected order by 3"
    )
    assert {reason for reason, *_ in rejected} == reasons
    assert [(file, line) for _, file, line in rejected] == [
        ("orders.csv", number + 2) for number in [*sorted(faults), 60]
    ]
    expected = {number + 2: next(iter(rule)) for _, rule, number, _ in KINDS} | {62: "unique_within_load"}
    assert all(f"{expected[line]}(" in reason for reason, _, line in rejected)
    kept = {name for (name,) in shop.warehouse.rows("select order_id from stg.orders")}
    assert kept == {row["order_id"] for number, row in enumerate(orders()) if number not in faults}
    assert {(check["severity"], check["status"], check["failures"]) for check in told.values()} == {
        ("quarantine", "warn", 1)
    }


def test_set_aside_is_told_as_such(shop: Shop) -> None:
    """Of the run before."""
    report = shop.warehouse.report
    assert (report["validation_passed"], report["errors"]) == (True, [])
    assert "channel has 1 invalid value(s)" in report["warnings"]
    results = shop.warehouse.rows(
        "select distinct severity, status, failures, rows_checked from meta.validation_results"
        " where severity = 'quarantine'"
    )
    assert results == [("quarantine", "warn", 1, 61)]
    reports = shop.warehouse.artifacts / "reports"
    suite = ElementTree.fromstring((reports / "validation_report.xml").read_bytes())
    assert [len(suite.findall(f".//{kind}")) for kind in ("failure", "error", "skipped")] == [0, 0, 0]
    assert '<h2 class="warn">Set aside</h2>' in (reports / "validation_report.html").read_text()


def test_rules_counted_together_agree_with_their_own_sql(shop: Shop) -> None:
    """Of the run before: in one scan, or by distinct values, a rule counts what its own SQL lists."""
    results = json.loads((shop.warehouse.folder / "home/dbt/target/run_results.json").read_text())["results"]
    compiled = {result["unique_id"].split(".")[2]: result["compiled_code"] for result in results}
    counted = shop.warehouse.rows(
        "select check_name, failures from meta.gate_counts"
        " where check_name ~ 'orders_parsed' and check_name !~ '^model'"
    )
    assert len(counted) == 9  # not those with a key, nor those that read another table
    for name, failures in counted:
        weight = "coalesce(sum(n_records), 0)" if name.startswith("accepted_values") else "count(*)"
        assert shop.warehouse.value(f"select {weight} from ({compiled[name]}) as failing") == failures == 1


WITHIN, WHOLE = ("order_id", aside("unique_within_load")), ("order_id", aside("unique"))
TIMES = aside("dbt_expectations.expect_compound_columns_to_be_unique", column_list=["order_ts"])
FAX = {"channel": "fax"}
# By the rules on keys: copies of orders with what is wrong with them, and which are set aside.
COPIES: dict[str, tuple[Rules, dict[int, dict[str, str]], set[int]]] = {
    "within a load": (
        [WITHIN, (None, TIMES)],
        {
            0: FAX,
            1: {"order_id": "A0"},
            2: {"order_id": "A0"},
            10: {"amount": "seven"},
            11: {"order_id": "A10"},
            12: {"order_id": "A10"},
            21: {"order_id": "A20"},
            22: {"order_id": "A20", **FAX},
            # Rules of keys look one after another, in the order of their names, at the rows that are left.
            31: {"order_ts": orders()[30]["order_ts"]},
            32: {"order_id": "A31"},
        },
        {0, 2, 10, 12, 21, 22, 31},
    ),
    "of the whole table": ([WHOLE], {0: FAX, 1: {"order_id": "A0"}, 2: {"order_id": "A0"}}, {0, 2}),
    "by two rules": ([WHOLE, WITHIN], {1: {"order_id": "A0"}, 2: {"order_id": "A0"}}, {1, 2}),
}


@pytest.mark.parametrize(
    ("rules", "changes", "set_aside"),
    [
        pytest.param(*case, id=name, marks=() if name == "within a load" else pytest.mark.thorough)
        for name, case in COPIES.items()
    ],
)
def test_of_copies_the_first_stays_that_no_other_rule_sets_aside(
    shop: Shop, rules: Rules, changes: dict[int, dict[str, str]], set_aside: set[int]
) -> None:
    shop.expect([("channel", aside("accepted_values", values=["web"])), *rules])
    shop.deliver(changes)
    code, output = shop.run()
    assert code == 0, output
    lines = "select line_number from stg.{} order by 1"
    assert shop.warehouse.rows(lines.format("orders_rejected")) == [(n + 2,) for n in sorted(set_aside)]
    stay = [(n + 2,) for n in range(60) if n not in set_aside]
    assert shop.warehouse.rows(lines.format("orders")) == stay


CEILINGS: Rules = [
    ("channel", rule("accepted_values", meta={"on_fail": "quarantine", "max_failures": 2, "max_share": 0.5},
                     values=["web"])),
    ("amount", rule(f"{PACKAGE}_be_between", meta={"on_fail": "quarantine", "max_share": 0.05}, min_value=0)),
    ("currency", rule(f"{PACKAGE}_be_in_set", meta={"max_failures": 1}, value_set=["EUR"])),
    ("customer_id", rule(f"{PACKAGE}_match_regex", where="order_id < 'A3'  -- the first", regex="^C[0-9]$",
                         meta={"max_share": 0.1, "max_failures": 10})),
    ("order_id", rule("unique_within_load", meta={"on_fail": "quarantine", "max_failures": 1})),
]  # fmt: skip
# 2 channels; 3 amounts of 61 rows; 1 currency; 2 customers of the 23 orders below A3.
AT_CEILING: dict[int, dict[str, str]] = {
    40: {"channel": "fax"},
    41: {"channel": "fax"},
    42: {"amount": "-1"},
    43: {"amount": "-2"},
    44: {"amount": "-3"},
    45: {"currency": "USD"},
    1: {"customer_id": "X"},
    2: {"customer_id": "X"},
}
COUNTS = {"accepted_values": 2, f"{PACKAGE}_be_between": 3, f"{PACKAGE}_be_in_set": 1,
          f"{PACKAGE}_match_regex": 2, "unique_within_load": 1}  # fmt: skip


def test_at_its_ceiling_a_rule_warns_with_the_raw_count(shop: Shop) -> None:
    shop.expect(CEILINGS)
    shop.deliver(AT_CEILING, again=30)
    code, output = shop.run()
    assert code == 0, output
    for rule, count in COUNTS.items():
        check = shop.check(rule)
        assert (check["status"], check["failures"]) == ("warn", count)
    recorded = shop.warehouse.rows(
        "select failures, status from meta.validation_results where invocation_id = "
        f"'{shop.warehouse.report['run']['invocation_id']}' and not check_name = any(array{ON_BY_DEFAULT}) "
        "order by 1"
    )
    assert recorded == [(count, "warn") for count in sorted(COUNTS.values())]
    allowed = "2 of 61 rows, allowed 2 row(s) and 50%"
    assert f"  set aside: channel has 2 invalid value(s): {allowed}\n" in output
    assert "  set aside: amount has 3 < 0: 3 of 61 rows, allowed 5%\n" in output
    assert "  warning: currency has 1 invalid value(s) (up to 1 row(s) let pass)\n" in output
    assert shop.warehouse.value("select count(*) from stg.orders") == 60 - 5
    assert shop.warehouse.value("select count(*) from stg.orders_rejected") == 6


def test_one_past_its_ceiling_stops(shop: Shop) -> None:
    """Each of them; the rule at its ceiling still warns."""
    past = {
        46: {"channel": "fax"},
        47: {"amount": "-4"},
        48: {"currency": "USD"},
        10: {"customer_id": "X"},
    }
    before = shop.warehouse.bytes_of()
    shop.deliver({**AT_CEILING, **past}, again=30)
    code, output = shop.run(GITHUB_ACTIONS="true")
    assert code == 1
    errors = {
        "channel has 3 invalid value(s): 3 of 61 rows, allowed 2 row(s) and 50%": "",
        "amount has 4 < 0: 4 of 61 rows, allowed 5%": "",
        "currency has 2 invalid value(s)": " (up to 1 row(s) let pass)",
        "customer_id has 3 value(s) not matching ^C[0-9]$: 3 of 23 rows, allowed 10 row(s) and 10%": "",
    }
    assert shop.warehouse.report["errors"] == list(errors)
    assert all(f"  error: {text}{allowance}\n" in output for text, allowance in errors.items())
    assert "::error file=" in output
    assert "::set aside: order_id has 1 duplicate(s)\n" in output
    assert shop.check("unique_within_load")["status"] == "warn"
    assert shop.warehouse.bytes_of() == before


def test_a_build_that_leaves_a_test_of_the_gate_out_is_refused(shop: Shop) -> None:
    """However its author writes the severity."""
    known = {"accepted_values": {"arguments": {"values": ["web"]}, "config": {"severity": "error"}}}
    shop.expect([("order_id", {"not_null": {}}), ("channel", known)])
    recorded = "select count(*), bool_and(validation_passed) from meta.feature_registry"
    builds = []
    build = ("build", "--exclude-resource-type", "unit_test")
    for amount, channel, left_out, passed in [
        ("100.50", "web", (), True),
        ("101.50", "fax", ("--exclude", "orders_parsed,test_name:accepted_values"), False),
    ]:
        shop.deliver({0: {"amount": amount, "channel": channel}})
        assert shop.warehouse.ready("load", shop.warehouse.folder / "data").returncode == 0
        done = shop.warehouse.ready("dbt", *build, *left_out, READY_CONFIGS=shop.configs)
        assert (done.returncode == 0) is passed, done.stdout
        assert ("has no passed result on record" in done.stdout) is not passed
        builds += shop.warehouse.rows(recorded)
    assert builds[0] == builds[1]
    assert builds[0][1]


def test_a_rule_without_rows_cannot_set_any_aside(shop: Shop) -> None:
    mean = "dbt_expectations.expect_column_mean_to_be_between"
    shop.expect([("amount", aside(mean, min_value=0))])
    code, output = shop.run()
    assert code == 2
    assert f"{mean} finds no rows that could be set aside" in output
    compiled = shop.warehouse.ready("dbt", "show", "--select", "orders_rejected", READY_CONFIGS=shop.configs)
    assert compiled.returncode != 0
    assert f"{mean} cannot have `on_fail: quarantine`, as it does not return the rows" in compiled.stdout


def test_a_rule_that_cannot_be_evaluated_fails_alone(shop: Shop) -> None:
    """Rules of rows are counted in one scan: the others must not fail with it."""
    shop.expect(
        [
            (
                "amount",
                rule(f"{PACKAGE}_be_between", meta={}, min_value=0, max_value="1 / (line_number - 2)"),
            ),
            ("channel", rule("accepted_values", meta={}, values=["web"])),
            ("currency", rule("not_null", meta={})),
        ]
    )
    shop.deliver({40: {"channel": "fax"}})
    code, _ = shop.run()
    assert code == 1
    statuses = [check["status"] for check in shop.checks]
    assert (statuses, shop.check("accepted_values")["failures"]) == (["error", "fail", "pass"], 1)
    assert "division by zero" in shop.warehouse.report["errors"][0]
