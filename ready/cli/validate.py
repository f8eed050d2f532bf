"""`ready validate`."""

from __future__ import annotations

import click

from ready.cli.options import (
    ALL_FLAGS,
    artifacts_option,
    configs_option,
    home_option,
    lock_timeout_option,
    output_options,
    target_option,
)
from ready.cli.output import Output


@click.command()
@target_option
@configs_option
@artifacts_option
@home_option
@lock_timeout_option
@output_options(*ALL_FLAGS)
def validate(
    target: str,
    configs: str | None,
    artifacts: str | None,
    home: str | None,
    lock_timeout: float | None,
    output: Output,
) -> None:
    """Run the gate alone and write its report.

    Checks what is loaded against configs/expectations.yaml. Exit code 0 when it passes, 1 when not.
    Only stg.orders_parsed is built again.

    \b
    Examples:
      ready validate
      ready validate --configs examples/cdnow
      ready validate --json | jq -r '.validation.errors[]'
    """
    from ready.cli.narration import TerminalNarrator
    from ready.cli.run_object import verdict_shown
    from ready.run.pipeline import validate as run_gate
    from ready.settings import Settings

    settings = Settings.resolve(home=home, configs=configs, artifacts=artifacts, target=target)
    with TerminalNarrator(output) as narrator, verdict_shown(output, settings):
        run_gate(settings=settings, narrator=narrator, lock_timeout=lock_timeout)
