"""The run page as HTML, and its file."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from contextlib import closing, suppress
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg2

from ready.dataset.export import ExportResult
from ready.errors import MachineError, ReadyError
from ready.figures.columns import CORRELATED, SEPARATING
from ready.gate.html import check_context
from ready.gate.model import Report
from ready.postgres.connection import ConnectionParams
from ready.recorded.profiles import MAJOR_SHIFT, MODERATE_SHIFT, shift
from ready.recorded.proofs import Reproduced
from ready.recorded.verdicts import Verdict
from ready.rendering.files import write_atomically
from ready.rendering.html import render_page
from ready.run_page import charts, figures
from ready.run_page.gather import gather, node_timings
from ready.run_page.model import LabelSet, NodeTiming, RunPage
from ready.settings import Settings
from ready.spark.connection import SparkParams, spark_errors

PAGE_NAME = "index.html"
SLOWEST_SHOWN = 20
MANY_FILES = 20
# Values are escaped: none has a tag in it.
SECTION = '<section id="{}">.*?</section>'


def publish_run_page(
    settings: Settings,
    params: ConnectionParams | SparkParams | None,
    *,
    report: Report,
    run_results: Mapping[str, Any] | None,
    published: bool,
    export: ExportResult | None = None,
    verdicts: tuple[Verdict, ...] | None = None,
    reproduction: Reproduced | None = None,
    failure: str = "",
) -> Path:
    """Write artifacts/reports/index.html, replaced as a whole; returns its path.

    params: None where the run did not come to the database; the page then shows what is known without it, as
    it does where the database fails. published: whether the tables are this run's. Raises MachineError when
    the file cannot be written.
    """
    page = RunPage(
        report,
        failure,
        timings=node_timings(run_results),
        verdicts=verdicts,
        reproduction=reproduction,
        figures=export.figures if export else None,
        folder=export.folder if export else None,
    )
    with suppress(psycopg2.Error, ReadyError), spark_errors():  # whatever failed was reported already
        if params:
            with closing(params.connect()) as connection:
                page = gather(connection, settings, page, published=published)
    return _write(settings, render_run_page(page))


def renew_verdicts(
    settings: Settings, verdicts: tuple[Verdict, ...] | None, reproduction: Reproduced | None
) -> None:
    """Let the page that is there tell what has been proven since. Raises as above."""
    _renew(settings, ("proven", "leakage"), verdicts=verdicts, reproduction=reproduction)


def renew_label_sets(settings: Settings, label_sets: tuple[LabelSet, ...]) -> None:
    """Let the page that is there, if any, show the training sets of own labels. Raises as above."""
    if (settings.reports / PAGE_NAME).is_file():
        _renew(settings, ("labelsets",), label_sets=label_sets, plain=charts.plain_number)


def _renew(settings: Settings, sections: tuple[str, ...], **values: Any) -> None:
    """Write these sections of the page again."""
    html = renewed = (settings.reports / PAGE_NAME).read_text(encoding="utf-8")
    for name in sections:
        section = render_page(f"_{name}.html.j2", **values).strip()
        renewed = re.sub(SECTION.format(name), lambda _: section, renewed, flags=re.DOTALL)  # noqa: B023
    if renewed != html:
        _write(settings, renewed)


def _write(settings: Settings, html: str) -> Path:
    try:
        return write_atomically(settings.reports / PAGE_NAME, html.encode())
    except OSError as error:
        raise MachineError(
            f"cannot write {settings.reports / PAGE_NAME}: {error.strerror}", hint="make room, then run again"
        ) from None


def render_run_page(page: RunPage) -> str:
    """Every value from data or configuration is escaped; nothing is asked of the network."""
    script = (resources.files("ready") / "templates" / "_page.js").read_text(encoding="utf-8")
    return render_page(
        "run_page.html.j2",
        page=page,
        verdicts=page.verdicts,
        reproduction=page.reproduction,
        label_sets=page.label_sets,
        script=script,
        # The browser runs this script and no other, whatever a file's name or header says.
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        shift=shift,
        thresholds=(MODERATE_SHIFT, MAJOR_SHIFT),
        histogram=charts.histogram,
        splits_over_time=charts.splits_over_time,
        shares_of_splits=figures.shares_of_splits,
        label_over_time=figures.label_over_time,
        missing_over_time=figures.missing_over_time,
        orders_by_week=figures.orders_by_week,
        file_names=figures.file_names,
        many=MANY_FILES,
        correlated=CORRELATED,
        separating=SEPARATING,
        time_chart=charts.node_times(_slowest(page)),
        plain=charts.plain_number,
        **check_context(page.report),
    )


def _slowest(page: RunPage) -> list[NodeTiming]:
    return sorted(page.timings, key=lambda timing: -timing.seconds)[:SLOWEST_SHOWN]
