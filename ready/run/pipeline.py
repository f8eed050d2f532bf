"""A run from CSV files to exported splits, or of the gate alone, on the engine of the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg2

from ready.database.locks import LockTimeout
from ready.errors import from_database
from ready.gate.model import Report
from ready.gate.report import require_writable
from ready.run.stages import Narrator, PipelineResult, Run
from ready.settings import Settings


def run_pipeline(
    *,
    settings: Settings,
    paths: Sequence[str],
    narrator: Narrator,
    lock_timeout: float | None = None,
    full_refresh: bool = False,
    max_shrink: str | None = None,
) -> PipelineResult:
    """Take CSV files to recorded, exported splits; a second call with nothing new does nothing.

    lock_timeout: seconds to wait for another run on the same database, None for ever. full_refresh: build
    every table from all loads, also where nothing has changed. max_shrink: for this run, as in orders.yaml.
    Raises CheckFailed when a file or the gate stops it, UsageError for a wrong call or config,
    MachineError for the database or the disk, and for LockTimeout, which alone writes no report.
    """
    with _reported(_run_on(settings.target)(settings, narrator, lock_timeout)) as run:
        return run.whole_way(paths, full_refresh=full_refresh, max_shrink=max_shrink)


def validate(
    *,
    settings: Settings,
    narrator: Narrator,
    lock_timeout: float | None = None,
) -> Report:
    """Run the gate alone on what is loaded. Raises CheckFailed when it does not pass."""
    with _reported(_run_on(settings.target)(settings, narrator, lock_timeout)) as run:
        return run.gate_only()


def _run_on(target: str) -> type[Run]:
    if target == "spark":
        from ready.spark.pipeline import SparkRun

        return SparkRun
    from ready.postgres.pipeline import PostgresRun

    return PostgresRun


@contextmanager
def _reported(run: Run) -> Iterator[Run]:
    """Whatever ends the run, Ctrl-C too, its report says so: an older one must not look like today's."""
    require_writable(run.settings.reports)
    try:
        yield run
    except LockTimeout:  # the report is the other run's to write
        raise
    except psycopg2.Error as error:
        failure = from_database(error)
        run.report_failure(failure.message)
        raise failure from None
    except KeyboardInterrupt:
        run.report_failure("it was interrupted")
        raise
    except BaseException as error:
        run.report_failure(str(error))
        raise
    run.write_page()
