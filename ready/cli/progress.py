"""A load on the terminal: a bar a file while it is read, and lines when it is done."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from loader import FileResult, LoadSummary
from loader import Progress as LoadProgress
from loader.reading import describe
from loader.results import Silent
from ready.rendering.terminal import one_line

SHOWN_REJECTS = 3


class LoadBars(Silent):
    """Bars over the bytes of the files being read, with rows, rows a second and the time left.

    The bars are on the screen only while a file is read.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def started(self, file_name: str, total_bytes: int | None) -> None:
        with self._lock:
            if not self._tasks:
                self._progress.start()
            self._tasks[file_name] = self._progress.add_task(one_line(file_name), total=total_bytes, rows="")

    def advanced(self, file_name: str, position: int, rows: int) -> None:
        task = self._tasks[file_name]
        elapsed = self._progress.tasks[self._progress.task_ids.index(task)].elapsed or 0
        speed = f", {rows / elapsed:,.0f}/s" if elapsed > 0.5 else ""
        self._progress.update(task, completed=position, rows=f"{rows:,} rows{speed}")

    def waiting(self, file_name: str) -> None:
        self._progress.console.print(waiting_line(file_name), markup=False, highlight=False)

    def finished(self, result: FileResult) -> None:
        with self._lock:
            task = self._tasks.pop(result.file_name, None)
            if task is not None:
                self._progress.remove_task(task)
            if not self._tasks:
                self._progress.stop()
            _echo(result)


class LoadLines(Silent):
    """Without a terminal: a line when a file is done."""

    def waiting(self, file_name: str) -> None:
        click.echo(waiting_line(file_name), err=True)

    def finished(self, result: FileResult) -> None:
        _echo(result)


class LoadLosses(Silent):
    """With `-q`: what deliveries took away."""

    def finished(self, result: FileResult) -> None:
        if result.orders_gone:
            for warning in result.warnings:
                click.echo(f"{one_line(result.file_name)}: warning: {one_line(warning)}", err=True)


@contextmanager
def load_progress(*, quiet: bool = False) -> Iterator[LoadProgress]:
    """Each file's lines when it is done, and bars meanwhile where standard output is a terminal.

    quiet: only the losses, on standard error.
    """
    if quiet:
        yield LoadLosses()
    elif not sys.stdout.isatty():
        yield LoadLines()
    else:
        columns = (
            TextColumn("  {task.description}", markup=False),
            BarColumn(bar_width=24),
            DownloadColumn(),
            TextColumn("{task.fields[rows]}"),
            TimeRemainingColumn(),
        )
        progress = Progress(*columns, console=Console(), transient=True)
        try:
            yield LoadBars(progress)
        finally:
            progress.stop()


def file_lines(result: FileResult) -> Iterator[str]:
    """What became of a file, its warnings and its first rejects."""
    rows = "" if result.refused else f"{result.rows_loaded:,} rows"
    if result.outcome in ("already loaded", "passed over"):
        rows = ""
    if result.rows_rejected and not result.refused:
        rows += f", {result.rows_rejected:,} rejected"
    note = f"{result.outcome}, load {result.load_id}" if result.is_new else result.outcome
    yield f"  {one_line(result.file_name):<34} {rows:>20} {result.seconds:>7.2f} s  {note}"
    for warning in result.warnings:
        yield f"    {click.style('warning', fg='yellow')}: {one_line(warning)}"
    if not result.refused:  # the message of a refused file shows them
        yield from (f"  {one_line(describe(reject))}" for reject in result.first_rejects[:SHOWN_REJECTS])


def summary_lines(summary: LoadSummary) -> Iterator[str]:
    """Totals, and where to look."""
    counts = {
        "would be loaded" if summary.dry_run else "loaded": len(_fresh(summary)),
        "already loaded": len(summary.already_loaded),
        "refused": len(summary.refused),
        "passed over": len(summary.passed_over),
    }
    outcomes = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    rejected = f", {summary.rows_rejected:,} rejected" if summary.rows_rejected else ""
    rows = f"{summary.rows_loaded:,} rows{rejected}"
    yield f"{len(summary.files):,} file(s): {outcomes}. {rows} in {summary.seconds:.1f} s."
    ids = [str(file.load_id) for file in summary.loaded if file.rows_rejected]
    if ids:
        query = f"select * from raw.rejected_rows where load_id in ({', '.join(ids)})"
        yield f'Rejected records: ready db psql -c "{query}"'


def waiting_line(file_name: str) -> str:
    return one_line(f"  {file_name}: another loader has this file; waiting for it")


def _fresh(summary: LoadSummary) -> list[FileResult]:
    return [
        file
        for file in summary.files
        if not file.refused and file.outcome not in ("already loaded", "passed over")
    ]


def _echo(result: FileResult) -> None:
    click.echo("\n".join(file_lines(result)))
