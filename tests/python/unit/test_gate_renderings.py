"""The report for people and for CI: complete, and safe whatever the data holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from gate_artifacts import run_info
from hypothesis import given
from hypothesis import strategies as st

from ready.gate.console import render_console
from ready.gate.github import publish, render_annotations, render_summary
from ready.gate.html import history_bars, render_html
from ready.gate.junit import render_junit
from ready.gate.model import Check, PastRun, Report, Sample
from ready.rendering.html import percent

HOSTILE = "</td><script>alert(1)</script>\x1b[31m\x00 | `x` \"'&\n::error::gone"


def _check(**changes: object) -> Check:
    sample = Sample("a.csv", 7, HOSTILE, {"amount": HOSTILE, "status": None})
    check = Check(
        name="amount_not_negative",
        column="amount",
        rule="dbt_expectations.expect_column_values_to_be_between(min_value=0)",
        severity="error",
        status="fail",
        failures=2,
        rows_checked=1000,
        words="amount is >= 0",
        texts=("amount has 2 < 0",),
        sample=(sample,),
        query="select * from stg.orders_parsed where amount < 0",
    )
    return replace(check, **changes)  # type: ignore[arg-type]


def _report(*checks: Check, **changes: object) -> Report:
    errors = tuple(text for check in checks if check.blocks for text in check.texts)
    warnings = tuple(text for check in checks if check.status == "warn" for text in check.texts)
    return replace(Report(errors, warnings, checks, run_info()), **changes)  # type: ignore[arg-type]


class Page(HTMLParser):
    """The tags and the visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_shows_each_failing_check_in_full() -> None:
    page = Page(render_html(_report(_check())))
    verdict = ["Gate failed", "amount has 2 < 0", "Run 0f3c", "2026-03-01T12:00:00Z", "loads 1, 2"]
    check = ["amount is >= 0", "2 failure(s) in 1,000 row(s) checked (0.20%)", "a.csv:7", "where amount < 0"]
    shown = verdict + check
    assert [text for text in shown if text not in page.text] == []


def test_html_needs_no_network_and_runs_nothing() -> None:
    page = Page(render_html(_report(_check())))
    assert page.links == []
    assert "script" not in page.tags


@pytest.mark.parametrize("place", ["value", "words", "name", "text", "query", "file", "run", "column"])
def test_html_escapes_hostile_values(place: str) -> None:
    sample = Sample(
        HOSTILE if place == "file" else "a.csv", 1, HOSTILE, {} if place == "value" else {HOSTILE: HOSTILE}
    )
    check = _check(sample=(sample,))
    check = {
        "words": replace(check, words=HOSTILE),
        "name": replace(check, name=HOSTILE),
        "text": replace(check, texts=(HOSTILE,), status="error"),
        "query": replace(check, query=HOSTILE),
    }.get(place, check)
    run = run_info(invocation_id=HOSTILE, versions={HOSTILE: HOSTILE}) if place == "run" else run_info()
    page = Page(render_html(_report(check, run=run)))
    assert "script" not in page.tags
    assert "alert(1)" in page.text


def test_html_of_a_passed_gate_and_of_a_run_without_checks() -> None:
    passed = Page(render_html(_report(_check(status="pass", failures=0, texts=(), sample=(), query=""))))
    assert "Gate passed" in passed.text
    assert "What to mend" not in passed.text
    assert "no files" in Page(render_html(_report(errors=("no files",)))).text


def test_history_is_a_bar_a_run_as_high_as_its_failures() -> None:
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    past = tuple(
        PastRun(s, n, start + timedelta(days=d))
        for d, (s, n) in enumerate([("pass", 0), ("fail", 5), ("fail", 10)])
    )
    bars = history_bars(past)
    assert [bar.height for bar in bars] == [3, 15, 28]
    assert all(bar.y + bar.height == 28 for bar in bars)
    assert bars[2].title == "2026-01-03T00:00:00Z: fail, 10 failure(s)"
    html = render_html(_report(_check(history=past)))
    assert html.count("<rect") == 2 * len(past)  # beside the failure and in the list of all checks


@pytest.mark.parametrize(
    ("share", "text"), [(None, "–"), (0.5, "50.00%"), (0.000001, "< 0.01%"), (1.0, "100.00%")]
)
def test_a_share_is_never_rounded_to_none(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_junit_counts_and_places_each_outcome() -> None:
    checks = [
        _check(),
        _check(name="b", status="warn", column=None),
        _check(name="c", status="error", texts=("check c could not run: x",)),
        _check(name="d", status="skipped", texts=("check d did not run",)),
        _check(name="e", status="pass", texts=(), sample=()),
    ]
    suite = ElementTree.fromstring(render_junit(_report(*checks))).find("testsuite")
    assert suite is not None
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "1", "skipped": "1"}
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "amount has 2 < 0"
    assert "a.csv:7: </td><script>" in (failure.text or "")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_can_be_rendered(text: str) -> None:
    sample = Sample(text, 1, text, {text: text})
    report = _report(_check(sample=(sample,), texts=(text,), words=text), warnings=(text,))
    failure = ElementTree.fromstring(render_junit(report)).find("testsuite/testcase/failure")
    assert failure is not None
    assert "script" not in Page(render_html(report)).tags
    assert all(line.startswith("::") for line in render_annotations(report).split("\n") if line)
    assert render_summary(report).count("\n") == 9
    assert "\x1b" not in render_console(report, Path("r.html"))


def test_junit_has_a_case_for_a_failure_outside_the_checks() -> None:
    suite = ElementTree.fromstring(render_junit(_report(errors=("no \x00 files",)))).find("testsuite")
    assert suite is not None
    error = suite.find("testcase/error")
    assert error is not None
    assert error.get("message") == "no � files"
    assert suite.get("errors") == "1"


def test_annotations_point_to_the_line_and_stay_on_one() -> None:
    checks = [_check(texts=("100% wrong\nnext",)), _check(status="warn", sample=(), texts=("late",))]
    text = render_annotations(_report(*checks, run=run_info(data_folder="data/raw")))
    assert text.splitlines() == [
        "::error file=data/raw/a.csv,line=7::100%25 wrong%0Anext",
        "::warning::late",
    ]


def test_annotations_escape_a_file_name() -> None:
    check = _check(sample=(Sample("a,b:c.csv", None, "x"),))
    assert render_annotations(_report(check)) == "::error file=a%2Cb%3Ac.csv::amount has 2 < 0\n"


def test_annotations_of_what_belongs_to_no_check() -> None:
    report = _report(errors=("no files",), warnings=("1 rejected",))
    assert render_annotations(report) == "::error::no files\n::warning::1 rejected\n"


def test_rows_set_aside_are_no_mere_warning() -> None:
    check = _check(severity="quarantine", status="warn", ceiling="2 row(s)", sample=())
    report = _report(check, warnings=("amount has 2 < 0", "1 rejected"))
    page = Page(render_html(report)).text
    assert "Set aside\namount has 2 < 0\n" in page
    assert "Warnings\n1 rejected\n" in page
    assert "severity quarantine · up to 2 row(s) set aside" in page
    assert "  set aside: amount has 2 < 0 (up to 2 row(s) set aside)\n" in render_console(report, Path("r"))
    assert render_annotations(report).startswith("::warning::set aside: amount has 2 < 0\n")
    summary = render_summary(report)
    assert "- set aside: amount has 2 &lt; 0\n- 1 rejected\n" in summary
    assert "| 📥 | amount is &gt;= 0 \\(up to 2 row\\(s\\) set aside\\) |" in summary
    case = ElementTree.fromstring(render_junit(report)).find("testsuite/testcase")
    assert case is not None
    assert [(child.tag, child.text) for child in case] == [("system-out", "set aside: amount has 2 < 0\n")]


def test_past_its_ceiling_a_quarantine_rule_is_an_error_that_tells_the_ceiling() -> None:
    report = _report(_check(severity="quarantine", status="fail", ceiling="1% of the rows", sample=()))
    told = "  error: amount has 2 < 0 (up to 1% of the rows set aside)\n"
    assert told in render_console(report, Path("r"))
    assert render_annotations(report) == "::error::amount has 2 < 0\n"
    assert ElementTree.fromstring(render_junit(report)).find("testsuite/testcase/failure") is not None
    page = Page(render_html(report)).text
    assert "Errors\namount has 2 < 0\n" in page
    assert "Set aside" not in page


@pytest.mark.parametrize(
    ("severity", "ceiling", "words"),
    [
        ("error", "", ""),
        ("quarantine", "", "rows set aside"),
        ("error", "2 row(s)", "up to 2 row(s) let pass"),
        ("error", "0.5% of the rows", "up to 0.5% of the rows let pass"),
    ],
)
def test_what_a_rule_lets_pass_in_words(severity: str, ceiling: str, words: str) -> None:
    assert _check(severity=severity, ceiling=ceiling).allowance == words


def test_the_summary_s_table_survives_hostile_values() -> None:
    summary = render_summary(_report(_check()))
    row = next(line for line in summary.splitlines() if "a.csv:7" in line)
    assert "<script" not in summary
    assert row.replace("\\|", "").count("|") == 6


def test_publish_appends_only_inside_a_workflow(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("before\n")
    assert publish(_report(_check()), {"GITHUB_STEP_SUMMARY": str(file)}) == ""
    assert file.read_text() == "before\n"
    annotations = publish(_report(_check()), {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(file)})
    assert annotations.startswith("::error file=a.csv,line=7::")
    assert file.read_text().startswith("before\n### ❌ Gate failed\n")


def test_console_tells_the_faults_with_their_lines_and_where_to_read_on() -> None:
    report = _report(
        _check(
            sample=(
                Sample("a.csv", 7, "-1"),
                Sample("a.csv", 9, None, {"amount": None}),
                Sample("b.csv", 1, None),
            )
        ),
        _check(name="w", status="warn", texts=("late",), sample=()),
        warnings=("1 rejected", "late"),
    )
    assert render_console(report, Path("r.html")).splitlines() == [
        "Gate failed",
        "  error: amount has 2 < 0",
        "    a.csv:7: -1",
        "    a.csv:9: null",
        "    b.csv:1",
        "  warning: late",
        "  warning: 1 rejected",
        "Report: r.html",
    ]


def test_console_lets_no_value_steer_the_terminal() -> None:
    shown = render_console(_report(_check()), Path("r.html"))
    assert "\x1b" not in shown
    assert "\\x1b[31m" in shown


def test_console_of_a_passed_gate() -> None:
    report = _report(_check(status="pass", texts=(), sample=()))
    assert render_console(report, Path("r.html")) == "Gate passed: 1 check(s)\nReport: r.html\n"
