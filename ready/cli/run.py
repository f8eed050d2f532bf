"""`ready run`."""

from __future__ import annotations

import click

from ready.cli.options import (
    ALL_FLAGS,
    artifacts_option,
    configs_option,
    default_data,
    home_option,
    lock_timeout_option,
    max_shrink_option,
    output_options,
    target_option,
)
from ready.cli.output import Output


@click.command()
@click.option(
    "--data",
    metavar="PATH",
    type=click.Path(),
    multiple=True,
    help="Folder or file to load; may be given several times.  [default: data/raw]",
)
@click.option(
    "--full-refresh",
    is_flag=True,
    help="Build every table from all loads, not only what new and superseded loads have changed.",
)
@click.option(
    "--check-leakage",
    is_flag=True,
    help="Run ready check-leakage after the build; exit code 1 when a row knows its future.",
)
@max_shrink_option
@target_option
@configs_option
@artifacts_option
@home_option
@lock_timeout_option
@output_options(*ALL_FLAGS)
def run(
    data: tuple[str, ...],
    full_refresh: bool,
    check_leakage: bool,
    max_shrink: str | None,
    target: str,
    configs: str | None,
    artifacts: str | None,
    home: str | None,
    lock_timeout: float | None,
    output: Output,
) -> None:
    """Load, validate, build and export in one go.

    Loads new and changed CSV files, runs the gate, builds the features, labels and splits with dbt,
    records their version and writes Parquet. What is there already is not done again.

    \b
    Examples:
      ready run
      ready run --data ~/exports
      ready run --data exports --configs examples/cdnow
      ready run --check-leakage
      ready run --target spark
      ready run --json | jq .data_hash
    """
    from ready.cli.check_leakage import checked, report_leakage
    from ready.cli.narration import TerminalNarrator
    from ready.cli.run_object import result_object, verdict_shown
    from ready.run.pipeline import run_pipeline
    from ready.settings import Settings

    settings = Settings.resolve(home=home, configs=configs, artifacts=artifacts, target=target)
    paths = list(data) or [default_data(settings)]
    with TerminalNarrator(output) as narrator, verdict_shown(output, settings) as verdict:
        result = run_pipeline(
            settings=settings,
            paths=paths,
            narrator=narrator,
            lock_timeout=lock_timeout,
            full_refresh=full_refresh,
            max_shrink=max_shrink,
        )
        report = checked(settings, output) if check_leakage else None
        narrator.finished(result, settings)
        verdict.update(result_object(result))
        if report:
            verdict["leakage"] = {model: report.verdict_on(model) for model in report.rows}
            report_leakage(report, settings, output)
