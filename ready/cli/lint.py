"""`ready lint`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ready.cli.options import configs_option, output_options
from ready.cli.output import Output
from ready.terminal import printable


@click.command()
@configs_option
@output_options("quiet", "as_json")
def lint(configs: str | None, output: Output) -> None:
    """Check the configs strictly: a typo must never read as a pass.

    Finds unknown keys, tests, arguments and columns, and values of the wrong kind in orders.yaml,
    expectations.yaml and features.yaml; each with its line and the nearest right word. Needs no
    database. Exit code 2 when something is found.

    \b
    Examples:
      ready lint
      ready lint --configs examples/cdnow
    """
    from ready.errors import UsageError
    from ready.lint import lint_configs
    from ready.settings import Settings

    settings = Settings.resolve(configs=configs)
    findings = lint_configs(settings)
    output.show([asdict(finding) for finding in findings])
    if not output.as_json:
        for finding in findings:
            click.echo(printable(str(finding)))
    if findings:
        raise UsageError(
            f"{len(findings)} fault(s) in {settings.configs}", hint="mend them and run ready lint again"
        )
    output.say(f"No faults in {settings.configs}.")
