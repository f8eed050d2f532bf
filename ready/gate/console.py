"""The report on a terminal, as plain text."""

from __future__ import annotations

from pathlib import Path

from ready.gate.model import Check, Report
from ready.rendering.terminal import one_line

SAMPLES_SHOWN = 3


def render_console(report: Report, report_file: Path) -> str:
    """The verdict, each error with its first records, the warnings, and where to read on."""
    count = len(report.checks)
    verdict = f"Gate passed: {count} check(s)" if report.validation_passed else "Gate failed"
    lines = [verdict, *([f"  {report.run.left_out.text}"] if report.run.left_out else [])]
    shown = {text for check in report.checks for text in check.texts}
    lines += [f"  error: {text}" for text in report.errors if text not in shown]
    for check in report.checks:
        if not check.texts or not _is_shown(check, report):
            continue
        lines += [f"  {_kind(check)}: {text}{_limit(check)}" for text in check.texts]
        lines += [f"    values: {check.values_text}"] if check.values else []
        lines += [f"    {sample.text}" for sample in check.sample[:SAMPLES_SHOWN]]
    lines += [f"  warning: {text}" for text in report.warnings if text not in shown]
    return "".join(f"{one_line(line)}\n" for line in [*lines, f"Report: {report_file}"])


def _is_shown(check: Check, report: Report) -> bool:
    return any(text in report.errors or text in report.warnings for text in check.texts)


def _kind(check: Check) -> str:
    return "error" if check.blocks else {"warn": "warning"}.get(check.label, check.label)


def _limit(check: Check) -> str:
    """Where the text does not say it already."""
    shown = any(
        text.endswith(f"allowed {check.ceiling.removesuffix(' of the rows')}") for text in check.texts
    )
    return f" ({check.allowance})" if check.ceiling and not shown else ""
