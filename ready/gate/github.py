"""The report for a GitHub workflow: annotations at the lines at fault, and the step summary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ready.gate.model import Check, Report
from ready.rendering.html import percent, thousands

ICONS = {"pass": "✅", "fail": "❌", "error": "❌", "warn": "⚠️", "set aside": "📥", "skipped": "⏭️"}


def publish(report: Report, environ: Mapping[str, str]) -> str:
    """Append the step summary and give the annotations to print; outside of a workflow, nothing.

    Raises OSError when the summary file that the workflow names cannot be written.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return ""
    if environ.get("GITHUB_STEP_SUMMARY"):
        with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
            summary.write(render_summary(report))
    return render_annotations(report)


def render_annotations(report: Report) -> str:
    """Workflow commands, one a line: a failing check at its first sample, then texts of the run itself."""
    lines = [
        _annotation(check, text, report)
        for check in report.checks
        for text in check.texts
        if check.status != "pass"
    ]
    shown = {text for check in report.checks for text in check.texts}
    lines += [f"::error::{_message(text)}" for text in report.errors if text not in shown]
    lines += [f"::warning::{_message(text)}" for text in report.warnings if text not in shown]
    return "".join(f"{line}\n" for line in lines)


def _annotation(check: Check, text: str, report: Report) -> str:
    level = "error" if check.blocks else "warning"
    text = f"set aside: {text}" if check.label == "set aside" else text
    first = next(iter(check.sample), None)
    if first is None or first.file is None:
        return f"::{level}::{_message(text)}"
    path = str(PurePosixPath(report.run.data_folder) / first.file)
    line = f",line={first.line}" if first.line is not None else ""
    return f"::{level} file={_property(path)}{line}::{_message(text)}"


def render_summary(report: Report) -> str:
    """Markdown: the verdict and one row a check."""
    verdict = "✅ Gate passed" if report.validation_passed else "❌ Gate failed"
    lines = [f"### {verdict}", ""]
    texts = (*report.errors, *(f"set aside: {text}" for text in report.set_aside), *report.mere_warnings)
    lines += [f"- {_markdown(text)}" for text in texts]
    if report.checks:
        lines += ["", "| | rule | failures | share | first |", "|---|---|---:|---:|---|"]
        lines += [_summary_row(check) for check in report.checks]
    return "\n".join(lines) + "\n\n"


def _summary_row(check: Check) -> str:
    first = check.sample[0].text if check.sample else ""
    cells = (
        ICONS.get(check.label, check.label),
        f"{check.words} ({check.allowance})" if check.allowance else check.words,
        thousands(check.failures),
        percent(check.share),
        first,
    )
    return f"| {' | '.join(_markdown(cell) for cell in cells)} |"


def _markdown(text: str) -> str:
    """Data as plain text: no markup, no table cell, no line of its own."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]()#+!|~" else c for c in text)
    return " ".join(escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
