"""`ready env`: the settings for a shell, or for another program."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from ready.cli.options import artifacts_option, configs_option, home_option
from ready.postgres.roles import BUILDER
from ready.postgres.server import is_embedded, server_params
from ready.settings import Settings
from ready.workspace.environment import environment


@click.command()
@configs_option
@artifacts_option
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def env(configs: str | None, artifacts: str | None, home: str | None, as_json: bool) -> None:
    """Print the settings as shell exports, for dbt, psql and BI tools.

    \b
    Example:
      eval "$(ready env)"
      dbt build
    """
    settings = Settings.resolve(home=home, configs=configs, artifacts=artifacts)
    params = server_params(settings)
    if is_embedded(settings):
        params = replace(params, role=BUILDER)
    values = environment(settings, params)
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        click.echo(f"export {name}={_quote(value)}")


def _quote(value: str) -> str:
    """For any POSIX shell: nothing inside single quotes is special but the single quote."""
    return "'" + value.replace("'", "'\\''") + "'"
