"""A run on the terminal: each stage with its rows and time, and at the end where to look."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import click
from rich.console import Console

from loader import LoadSummary
from loader.results import Progress as LoadProgress
from ready.cli.output import Output
from ready.cli.progress import load_progress, summary_lines
from ready.dataset.export import ExportResult
from ready.dbt.runner import NodeResult
from ready.gate.console import render_console
from ready.gate.github import publish
from ready.gate.model import Report
from ready.recorded.registry import FeatureRecord
from ready.recorded.source_sets import SourceSet
from ready.rendering.terminal import printable
from ready.run.stages import PipelineResult
from ready.settings import Settings

TABLES = ("model", "seed", "snapshot")
FILES_SHOWN = 5  # of a source
BEFORE_THE_GATE = ("order_statuses", "_mapped", "_parsed")


class TerminalNarrator:
    """Prints to standard output; a live line on standard error only where that is a terminal."""

    def __init__(self, output: Output | None = None) -> None:
        self.output = output or Output()
        self.quiet = self.output.silent
        self._progress = load_progress(quiet=self.quiet)
        self._status = Console(stderr=True).status("") if sys.stderr.isatty() and not self.quiet else None
        self._behind_the_gate = False
        self._stage_began = time.monotonic()

    def __enter__(self) -> TerminalNarrator:
        self.load_progress: LoadProgress = self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live(None)
        self._progress.__exit__(kind, error, trace)

    def stage(self, title: str, detail: str = "") -> None:
        self._stage_began = time.monotonic()
        self._say(f"{click.style(f'{title:<10}', bold=True)}{detail.replace(f'{Path.cwd()}/', '')}")

    def loaded(self, summary: LoadSummary) -> None:
        """The files were reported one by one; this is their sum."""
        for line in summary_lines(summary):
            self._say(f"  {line}")

    def node(self, node: NodeResult) -> None:
        name = node.unique_id.split(".")[2]
        self._live(f"{name} done")
        if node.resource_type == "test" and self.output.verbose:
            self._say(f"    {node.status:<5} {node.seconds:>6.2f} s  {name}")
        if node.resource_type in TABLES and node.status == "success" and node.rows is not None:
            if not name.endswith(BEFORE_THE_GATE) and not self._behind_the_gate:
                # dbt builds nothing behind the gate before the last of its tests has passed.
                self._behind_the_gate = True
                self.stage("Build", "the gate has passed")
            self._row(node.relation, f"{node.rows:,} rows", node.seconds)

    def working(self, text: str | None) -> None:
        """What takes seconds, while it does; None when it is over."""
        self._live(text)

    def warning(self, text: str) -> None:
        self._live(None)
        click.echo(f"  {click.style('warning', fg='yellow')}: {printable(text)}", err=self.quiet)

    def gate(self, report: Report, file: Path) -> None:
        if not report.validation_passed or not self.quiet:
            self._live(None)
            click.echo(render_console(report, _shown(file)), nl=False, err=self.quiet)
        click.echo(publish(report, os.environ), nl=False, err=self.quiet)

    def page(self, file: Path) -> None:
        self._say(f"Run page: {_shown(file)}")

    def unchanged(self) -> None:
        self._say("Nothing changed since the last run: the tables are what the files and configs say.")

    def recorded(self, record: FeatureRecord, sources: Sequence[SourceSet]) -> None:
        state = "new" if record.is_new else "already recorded"
        splits = ", ".join(f"{split} {rows:,}" for split, rows in record.splits.items())
        self.stage("Record", f"{record.feature_set} version {record.feature_version} ({state})")
        self._say(f"  fingerprint {record.data_hash}")
        self._say(f"  {record.row_count:,} feature rows: {splits}")
        for one in sources:
            more = f" and {len(one.files) - FILES_SHOWN} more" if len(one.files) > FILES_SHOWN else ""
            name = f"{one.feature_set} version {one.feature_version}, fingerprint {one.data_hash}"
            self._say(f"  {name}, of {', '.join(one.files[:FILES_SHOWN])}{more}")

    def exporting(self, done: int, total: int) -> None:
        self._live(f"Exporting {done:,} of {total:,} rows")

    def exported(self, result: ExportResult) -> None:
        for entry in result.manifest["files"]:
            note = "" if result.written else "already there"
            self._row(entry["name"], f"{entry['row_count']:,} rows", None, note)
        rows = sum(entry["row_count"] for entry in result.manifest["files"])
        self._say(f"  {rows:,} rows in {time.monotonic() - self._stage_began:.1f} s.")

    def finished(self, result: PipelineResult, settings: Settings) -> None:
        self._live(None)
        self._say(click.style(f"Done in {result.seconds:.1f} s.", bold=True) + " Look next at:")
        self._say(f"  {_shown(result.export.folder)}/  the training set: read it with any Parquet reader")
        for own in result.own:
            self._say(f"  {_shown(own.folder)}/  {own.manifest['feature_set']}, a feature set of your own")
        self._say(f"  {_shown(settings.reports)}/index.html  the run: files, gate, features, splits, timings")
        self._say("  ready registry list  every recorded version;  ready docs  the lineage")

    def _row(self, name: str, rows: str, seconds: float | None, note: str = "") -> None:
        timing = f"{seconds:.2f} s" if seconds is not None else ""
        self._say(f"  {name:<34} {rows:>20} {timing:>9}  {note}".rstrip())

    def _say(self, text: str) -> None:
        if not self.quiet:
            click.echo(printable(text))

    def _live(self, text: str | None) -> None:
        if self._status is None:
            return
        if text is None:
            self._status.stop()
        else:
            self._status.update(text)
            self._status.start()


def _shown(path: Path) -> Path:
    """Seen from the current folder, where that is shorter."""
    return Path(min(str(path), os.path.relpath(path), key=len))
