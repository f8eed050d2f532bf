"""The report as one HTML file: no network, no script, readable on a phone, dark and light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ready.gate.model import PastRun, Report
from ready.rendering.html import render_page, thousands
from ready.rendering.instants import utc_text

BAR_WIDTH, BAR_STEP, CHART_HEIGHT = 6, 8, 28
MIN_BAR = 3  # a run without failures is still seen as a run


@dataclass(frozen=True)
class Bar:
    """One run in a check's chart; positions in SVG units, the title is its tooltip."""

    x: int
    y: int
    height: int
    status: str
    title: str


def render_html(report: Report) -> str:
    """Every value from data or configuration is escaped by the template."""
    return render_page("validation_report.html.j2", report=report, **check_context(report))


def check_context(report: Report) -> dict[str, Any]:
    """What _checks.html.j2 reads: the history of each check, and those that did not simply pass."""
    return {
        "attention": [check for check in report.checks if check.status not in ("pass", "skipped")],
        "charts": {check.name: history_bars(check.history) for check in report.checks},
        "chart_height": CHART_HEIGHT,
        "bar_width": BAR_WIDTH,
        "bar_step": BAR_STEP,
    }


def history_bars(history: tuple[PastRun, ...]) -> list[Bar]:
    """A bar a run, oldest first, as high as its failures against the most of all runs shown."""
    most = max((past.failures for past in history), default=0)
    bars = []
    for index, past in enumerate(history):
        height = MIN_BAR + (CHART_HEIGHT - MIN_BAR) * past.failures // most if most else MIN_BAR
        title = f"{utc_text(past.created_at)}: {past.status}, {thousands(past.failures)} failure(s)"
        bars.append(Bar(index * BAR_STEP, CHART_HEIGHT - height, height, past.status, title))
    return bars
