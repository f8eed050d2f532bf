"""`ready lint`."""

from __future__ import annotations

import click

from ready.cli.options import configs_option


@click.command()
@configs_option
def lint(configs: str | None) -> None:
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
    for finding in findings:
        click.echo(str(finding))
    if findings:
        raise UsageError(
            f"{len(findings)} fault(s) in {settings.configs}", hint="mend them and run ready lint again"
        )
    click.echo(f"No faults in {settings.configs}.")
