"""The report as one HTML file: no network, no script, readable on a phone, dark and light."""

from __future__ import annotations

from dataclasses import dataclass

import jinja2

from ready.gate.model import Check, PastRun, Report, utc_text

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
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ready.gate"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, utc=utc_text, thousands=thousands)
    template = environment.get_template("validation_report.html.j2")
    return template.render(
        report=report,
        attention=[check for check in report.checks if check.status not in ("pass", "skipped")],
        charts={check.name: history_bars(check.history) for check in report.checks},
        row_columns=_row_columns,
        chart_height=CHART_HEIGHT,
        bar_width=BAR_WIDTH,
        bar_step=BAR_STEP,
    )


def history_bars(history: tuple[PastRun, ...]) -> list[Bar]:
    """A bar a run, oldest first, as high as its failures against the most of all runs shown."""
    most = max((past.failures for past in history), default=0)
    bars = []
    for index, past in enumerate(history):
        height = MIN_BAR + (CHART_HEIGHT - MIN_BAR) * past.failures // most if most else MIN_BAR
        title = f"{utc_text(past.created_at)}: {past.status}, {thousands(past.failures)} failure(s)"
        bars.append(Bar(index * BAR_STEP, CHART_HEIGHT - height, height, past.status, title))
    return bars


def percent(share: float | None) -> str:
    """A share of 0 to 1 for people: never 0 % for what is not none."""
    if share is None:
        return "–"
    return f"{share:.2%}" if share >= 0.0001 else "< 0.01%"


def thousands(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _row_columns(check: Check) -> list[str]:
    return list(check.sample[0].row) if check.sample else []
