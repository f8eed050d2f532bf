"""`ready lint`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ready.cli.options import configs_option, home_option, output_options
from ready.cli.output import Output
from ready.rendering.terminal import printable


@click.command()
@click.option(
    "--data",
    metavar="PATH",
    type=click.Path(),
    multiple=True,
    help="Folder or file whose header and first thousand records are looked at; may be given several times.",
)
@configs_option
@home_option
@output_options("quiet", "as_json")
def lint(data: tuple[str, ...], configs: str | None, home: str | None, output: Output) -> None:
    """Check the configs strictly: a typo must never read as a pass.

    Finds unknown keys, tests, arguments and columns, values of the wrong kind, and what contradicts
    itself in orders.yaml, expectations.yaml and features.yaml; each with its line and the nearest right
    word. With --data also what does not fit the files: names that none has, texts that are no time or
    number, statuses; for that the database is started. Exit code 2 when something is found that is more
    than a warning.

    \b
    Examples:
      ready lint
      ready lint --configs examples/cdnow
      ready lint --data ~/exports
    """
    from ready.errors import UsageError
    from ready.lint import lint_configs
    from ready.settings import Settings

    settings = Settings.resolve(configs=configs, home=home)
    if data:
        from ready.lint.incoming import lint_data

        with output.steps() as say:
            findings = lint_data(settings, data, say)
    else:
        findings = lint_configs(settings)
    output.show([asdict(finding) for finding in findings])
    if not output.as_json:
        for finding in findings:
            click.echo(printable(str(finding)))
    errors = sum(finding.is_error for finding in findings)
    where = f"{settings.configs} for {', '.join(data)}" if data else str(settings.configs)
    if errors:
        raise UsageError(f"{errors} fault(s) in {where}", hint="mend them and run ready lint again")
    output.say(f"No faults in {where}.")
