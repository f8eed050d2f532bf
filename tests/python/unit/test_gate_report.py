"""The report's verdict, its texts and their order, from dbt's artifacts alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jsonschema
import psycopg2
import pytest
from gate_artifacts import MODEL_ID, Gate, assert_says, run_info

import ready.gate
from ready.dbt.messages import brief_message
from ready.errors import MachineError
from ready.gate.report import build_report, failed_before_gate, write_report
from ready.gate.rules import RULES
from ready.gate.samples import SampleReader

EXPECT = "dbt_expectations.expect_"
SCHEMA = json.loads((Path(ready.gate.__file__).parent / "validation_report.schema.json").read_text())

# The test, its column, its arguments, and what the report says of 3 failures.
# fmt: off
VOCABULARY: list[tuple[str, str | None, dict[str, Any], str]] = [
    ("column_in_file", "amount", {}, "Missing column: amount"),
    (EXPECT + "column_to_exist", "amount", {}, "Missing column: amount"),
    ("not_null", "amount", {}, "amount has 3 null(s)"),
    (EXPECT + "column_values_to_not_be_null", "amount", {}, "amount has 3 null(s)"),
    (EXPECT + "column_values_to_be_null", "amount", {}, "amount has 3 value(s) that should be null"),
    ("unique", "order_id", {}, "order_id has 3 duplicate(s)"),
    ("unique_within_load", "order_id", {}, "order_id has 3 duplicate(s)"),
    (EXPECT + "column_values_to_be_unique", "order_id", {}, "order_id has 3 duplicate(s)"),
    (EXPECT + "compound_columns_to_be_unique", None, {"column_list": ["order_id", "status"]},
     "(order_id, status) has 3 duplicate(s)"),
    ("valid_timestamp", "order_ts", {}, "order_ts has 3 invalid timestamp(s)"),
    ("valid_number", "amount", {}, "amount has 3 non-numeric value(s)"),
    (EXPECT + "column_values_to_be_between", "amount", {"min_value": 0}, "amount has 3 < 0"),
    (EXPECT + "column_values_to_be_between", "amount", {"max_value": 0.5}, "amount has 3 > 0.5"),
    (EXPECT + "column_values_to_be_between", "amount", {"min_value": 0, "strictly": True},
     "amount has 3 <= 0"),
    (EXPECT + "column_values_to_be_between", "amount", {"min_value": 0, "max_value": 9},
     "amount has 3 not >= 0 and <= 9"),
    ("accepted_values", "status", {"values": ["a"]}, "status has 3 invalid value(s)"),
    (EXPECT + "column_values_to_be_in_set", "status", {"value_set": ["a"]}, "status has 3 invalid value(s)"),
    (EXPECT + "column_values_to_not_be_in_set", "status", {"value_set": ["a"]},
     "status has 3 invalid value(s)"),
    (EXPECT + "column_values_to_match_regex", "status", {"regex": "^[a-z]+$"},
     "status has 3 value(s) not matching ^[a-z]+$"),
    (EXPECT + "column_values_to_not_match_regex", "status", {"regex": "[0-9]"},
     "status has 3 value(s) matching [0-9]"),
    (EXPECT + "column_value_lengths_to_be_between", "status", {"min_value": 2},
     "status has 3 value(s) of length < 2"),
    (EXPECT + "column_value_lengths_to_equal", "status", {"value": 2},
     "status has 3 value(s) not of length 2"),
    (EXPECT + "column_values_to_be_of_type", "amount", {"column_type": "numeric"},
     "amount is not of type numeric"),
    (EXPECT + "column_pair_values_A_to_be_greater_than_B", None,
     {"column_A": "a", "column_B": "b", "or_equal": True}, "a has 3 value(s) not >= b"),
    ("relationships", "status", {"to": "ref('order_statuses')", "field": "status"},
     "status has 3 value(s) not in order_statuses.status"),
    ("foreign_key", "status", {"to": "ref('order_statuses')", "field": "status"},
     "status has 3 value(s) not in order_statuses.status"),
    (EXPECT + "column_max_to_be_between", "amount", {"max_value": 9}, "amount has maximum not <= 9"),
    (EXPECT + "table_row_count_to_be_between", None, {"min_value": 1},
     "orders_parsed has row count not >= 1"),
    (EXPECT + "table_row_count_to_equal_other_table", None, {"compare_model": "ref('x')"},
     "orders_parsed has row count not that of ref('x')"),
    (EXPECT + "table_columns_to_contain_set", None, {"column_list": ["a", "b"]},
     "orders_parsed does not have all columns of a, b"),
    (EXPECT + "row_values_to_have_recent_data", "order_ts", {"datepart": "day", "interval": 3},
     "order_ts has no value of the last 3 day(s)"),
    ("our_own_rule", "amount", {}, "amount has 3 failure(s) of our_own_rule"),
]
# fmt: on


@pytest.mark.parametrize(("test", "column", "arguments", "text"), VOCABULARY, ids=str)
def test_each_fault_has_its_text(
    tmp_path: Path, test: str, column: str | None, arguments: dict[str, Any], text: str
) -> None:
    assert_says(tmp_path, test, column, arguments, text)


def test_the_contract_s_example_in_the_order_of_the_file(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("unique_within_load", "order_id")
    gate.add("not_null", "amount", status="pass", failures=0)
    gate.add(EXPECT + "column_values_to_be_between", "amount", min_value=0)
    gate.add("valid_timestamp", "order_ts")
    gate.results.reverse()
    gate.nodes = dict(sorted(gate.nodes.items(), reverse=True))
    assert gate.report(tmp_path).to_json()["errors"] == [
        "order_id has 1 duplicate(s)",
        "amount has 1 < 0",
        "order_ts has 1 invalid timestamp(s)",
    ]


def test_two_tests_of_one_name_on_one_column_keep_their_order(tmp_path: Path) -> None:
    gate = Gate()
    gate.add(EXPECT + "column_values_to_be_between", "amount", min_value=5)
    gate.add(EXPECT + "column_values_to_be_between", "amount", min_value=0)
    gate.nodes = dict(reversed(gate.nodes.items()))
    assert gate.report(tmp_path).errors == ("amount has 1 < 5", "amount has 1 < 0")


def test_tests_attached_elsewhere_come_last_and_count(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "status")
    gate.written.clear()
    gate.add("not_null", "order_id")
    assert gate.report(tmp_path).errors == ("order_id has 1 null(s)", "status has 1 null(s)")


def test_tests_of_other_models_are_not_the_gate(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "order_id")
    for node in gate.nodes.values():
        node["attached_node"] = "model.raw_to_ready.orders"
    report = gate.report(tmp_path)
    assert report.checks == ()
    assert report.warnings == ("no expectation is attached to orders_parsed: nothing was checked",)


def test_a_warning_only_reports(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "amount", status="warn", failures=2, config={"severity": "WARN"})
    report = gate.report(tmp_path)
    assert (report.errors, report.warnings) == ((), ("amount has 2 null(s)",))
    assert report.validation_passed
    assert report.checks[0].severity == "warn"


def test_the_loader_s_warnings_come_first(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "amount", status="warn")
    report = gate.report(tmp_path, run=run_info(load_warnings=("a.csv: 1 record(s) rejected",)))
    assert report.warnings == ("a.csv: 1 record(s) rejected", "amount has 1 null(s)")


def test_nulls_that_follow_from_a_missing_column_are_not_told_twice(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("column_in_file", "amount")
    gate.add("not_null", "amount", failures=40)
    gate.add("not_null", "order_id")
    report = gate.report(tmp_path)
    assert report.errors == ("Missing column: amount", "order_id has 1 null(s)")
    assert len(report.checks) == 3


def test_nulls_are_told_when_the_missing_column_is_only_a_warning(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("column_in_file", "amount", status="warn")
    gate.add("not_null", "amount", failures=40)
    report = gate.report(tmp_path)
    assert report.errors == ("amount has 40 null(s)",)


def test_a_check_that_could_not_run_is_an_error(tmp_path: Path) -> None:
    message = (
        "Database Error in test x (configs/expectations.yaml)\n  column \"amont\" does not exist\n"
        "  LINE 12: where amont is null\n                ^\n  compiled code at target/x.sql"
    )  # fmt: skip
    gate = Gate()
    name = gate.add("not_null", "amount", status="error", failures=None, message=message)
    assert gate.report(tmp_path).errors == (f'check {name} could not run: column "amont" does not exist',)


@pytest.mark.parametrize("status", ["skipped", None])
def test_a_check_that_did_not_run_is_no_pass(tmp_path: Path, status: str | None) -> None:
    gate = Gate()
    name = gate.add("not_null", "amount", status=status, failures=None)
    report = gate.report(tmp_path)
    assert report.errors == (f"check {name} did not run",)
    assert report.checks[0].status == "skipped"


def test_a_gate_that_did_not_start_is_told_once(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "amount")
    gate.add("not_null", "status")
    report = gate.report(tmp_path, ran=False)
    assert report.errors == ("the gate did not run",)
    assert [check.status for check in report.checks] == ["skipped", "skipped"]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("error", "orders_parsed could not be built: disk full"),
        ("skipped", "orders_parsed was not built, because something before it failed"),
    ],
)
def test_a_model_that_failed_is_told_once(tmp_path: Path, status: str, text: str) -> None:
    gate = Gate()
    gate.add("not_null", "amount", status="skipped", failures=None)
    gate.results.append(
        {"unique_id": MODEL_ID, "status": status, "message": "Database Error in model x\n  disk full"}
    )
    assert gate.report(tmp_path).errors == (text,)


def test_an_unreadable_expectations_file_changes_only_the_order(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "amount")
    report = build_report(
        manifest={"nodes": {MODEL_ID: gate.model, **gate.nodes}},
        run_results={"results": gate.results},
        expectations_file=tmp_path / "nowhere.yaml",
        connect=None,
        run=run_info(),
    )
    assert report.errors == ("amount has 1 null(s)",)


@pytest.mark.parametrize("error", [MachineError("down"), psycopg2.OperationalError("down")])
def test_a_database_that_is_down_only_costs_the_samples(tmp_path: Path, error: Exception) -> None:
    def connect() -> Any:
        raise error

    gate = Gate()
    gate.add("unique_within_load", "order_id", failures=2)
    report = gate.report(tmp_path, connect=connect)
    assert report.errors == ("order_id has 2 duplicate(s)",)
    assert report.checks[0].sample == ()
    assert report.checks[0].rows_checked is None


def test_the_message_of_a_failed_check_hides_values_of_a_sensitive_column(tmp_path: Path) -> None:
    gate = Gate(sensitive=["customer_id"])
    message = 'Database Error in test x\n  invalid input syntax for type integer: "Ann"'
    name = gate.add("not_null", "customer_id", status="error", failures=None, message=message)
    assert gate.report(tmp_path).errors == (f"check {name} could not run: ***",)


def test_a_quarantined_rule_says_so(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "amount", status="warn", config={"meta": {"ready": {"on_fail": "quarantine"}}})
    assert gate.report(tmp_path).checks[0].severity == "quarantine"


def test_written_reports_follow_the_schema(tmp_path: Path) -> None:
    gate = Gate()
    gate.add("not_null", "amount")
    gate.add("not_null", None, status="warn", failures=2, config={"severity": "warn"})
    gate.add("valid_number", "amount", status="error", failures=None, message="x")
    for number, report in enumerate(
        [gate.report(tmp_path), gate.report(tmp_path, ran=False), failed_before_gate("no files", run_info())]
    ):
        folder = tmp_path / str(number)
        write_report(report, folder)
        written = json.loads((folder / "validation_report.json").read_text())
        jsonschema.Draft202012Validator(SCHEMA).validate(written)
        assert list(written) == [
            "schema_version", "validation_passed", "errors", "warnings", "checks", "run",
        ]  # fmt: skip


def test_a_run_that_failed_before_the_gate_says_so() -> None:
    report = failed_before_gate("no CSV files in data/raw", run_info(load_warnings=("w",)))
    assert report.to_json()["validation_passed"] is False
    assert report.errors == ("no CSV files in data/raw",)
    assert report.warnings == ("w",)


def test_a_path_that_is_not_utf8_is_written_all_the_same(tmp_path: Path) -> None:
    path = b"data/\xff.csv".decode("utf-8", "surrogateescape")
    write_report(failed_before_gate(f"no file {path}", run_info(load_warnings=(path,))), tmp_path)
    written = json.loads((tmp_path / "validation_report.json").read_text())
    assert (written["errors"], written["warnings"]) == (["no file data/\\udcff.csv"], ["data/\\udcff.csv"])


def test_writing_replaces_every_form_and_keeps_a_copy_of_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    first = write_report(failed_before_gate("first", run_info(invocation_id="one")), folder)
    write_report(failed_before_gate("second", run_info(invocation_id="../two")), folder)
    names = {path.name for path in folder.iterdir()}
    forms = {f"validation_report.{form}" for form in ("json", "html", "xml")}
    assert names == {*forms, "one.json", ".._two.json"}
    assert {path.name for path in first} == names - {".._two.json"}
    assert "second" in (folder / "validation_report.json").read_text()
    assert "first" in (folder / "one.json").read_text()


JAVA = "org.apache.hive.service.cli.HiveSQLException: Error running query: java.io.IOException: disk full"


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("Database Error in model o (models/o.sql)\n  no column x\n  LINE 3: x\n", "no column x"),
        (
            f"Runtime Error in seed s\n  Database Error\n    {JAVA}\n    \tat java.lang.Thread.run",
            "disk full",
        ),
        ("raw_to_ready.on-run-end.0 failed, error:\n the disk is full\nCONTEXT:  f()", "the disk is full"),
        ("Database Error\n  compiled code at target/x.sql", "no message"),
        (None, "no message"),
    ],
)
def test_the_line_of_dbts_message_that_says_what_happened(message: str | None, line: str) -> None:
    assert brief_message(message) == line


@pytest.mark.parametrize(
    ("line", "text"), [(None, "b.csv against a.csv"), (7, "b.csv:7 against a.csv: null")]
)
def test_a_whole_file_has_no_value_to_show(line: int | None, text: str) -> None:
    """Its row of a source's rule has the columns of a record, all null."""
    row = {"file_name": "b.csv", "line_number": line, "event_ts_raw": None, "column_at_fault": "event_ts"}
    inspector = SimpleNamespace(rows_of_compiled=lambda *_, **__: [{**row, "other_file_name": "a.csv"}])
    reader = SampleReader(cast(Any, inspector), (), frozenset())
    rule = RULES["rows_are_judged"](cast(Any, None))
    found = reader.read(replace(rule, worded_by_rows=True), cast(Any, None), "", "")
    assert [sample.text for sample in found.samples] == [text]
