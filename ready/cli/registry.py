"""`ready registry`."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import click

from ready.cli.options import home_option


@click.group()
def registry() -> None:
    """List and show recorded feature versions.

    \b
    Examples:
      ready registry list
      ready registry show 1
    """


@registry.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@home_option
def list_command(as_json: bool, home: str | None) -> None:
    """Every recorded build: version, fingerprint, rows, time, and which one the tables hold now."""
    from ready.registry import list_builds

    builds = _read(home, list_builds)
    if as_json:
        _echo_json(builds)
        return
    for build in builds:
        mark = "*" if build["is_current"] else " "
        click.echo(
            f"{mark} {build['feature_set']} v{build['feature_version']}  {build['data_hash']}  "
            f"{build['row_count']:>12,} rows  {build['created_at']:%Y-%m-%d %H:%M:%S} UTC"
        )
    click.echo("* what the tables in feats hold now")


@registry.command()
@click.argument("version", type=click.IntRange(min=1))
@home_option
def show(version: int, home: str | None) -> None:
    """All that is recorded of a version, as JSON: definition, hashes, lineage, splits."""
    from ready.registry import show_version

    _echo_json(_read(home, show_version, version))


def _read(home: str | None, reader: Any, *arguments: Any) -> Any:
    from ready.postgres.server import ensure_server
    from ready.settings import Settings

    settings = Settings.resolve(home=home)
    with closing(ensure_server(settings).connect()) as connection:
        return reader(connection, settings, *arguments)


def _echo_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))
