"""`ready registry`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from ready.cli.options import home_option, output_options, target_option
from ready.cli.output import Output
from ready.rendering.terminal import printable

COLOURS = {"-": "red", "+": "green", "@": "cyan"}


@click.group()
def registry() -> None:
    """List, show and compare recorded feature versions.

    \b
    Examples:
      ready registry list
      ready registry show 1
      ready registry diff 1 2
    """


@registry.command("list")
@target_option
@home_option
@output_options("as_json")
def list_command(target: str, home: str | None, output: Output) -> None:
    """List every recorded build.

    Version, fingerprint, rows and time; a star marks what the tables hold now.

    \b
    Examples:
      ready registry list
      ready registry list --json
    """
    from ready.recorded.registry import list_builds

    builds = _read(target, home, list_builds)
    output.show(builds)
    for build in builds:
        mark = "*" if build["is_current"] else " "
        output.say(
            f"{mark} {build['feature_set']} v{build['feature_version']}  {build['data_hash']}  "
            f"{build['row_count']:>12,} rows  {build['created_at']:%Y-%m-%d %H:%M:%S} UTC"
        )
    output.say("* what the tables in feats hold now")


@registry.command()
@click.argument("version", metavar="[FEATURE_SET:]VERSION")
@target_option
@home_option
@output_options("as_json")
def show(version: str, target: str, home: str | None, output: Output) -> None:
    """Show all that is recorded of a version.

    Definition, hashes, lineage and splits; as JSON in any case, for people too.

    \b
    Example:
      ready registry show 1
    """
    from ready.recorded.registry import show_version

    replace(output, as_json=True).show(_read(target, home, show_version, version))


@registry.command()
@click.argument("before", metavar="[FEATURE_SET:]A[@DATA_HASH]")
@click.argument("after", metavar="[FEATURE_SET:]B[@DATA_HASH]")
@target_option
@home_option
@output_options("as_json")
def diff(before: str, after: str, target: str, home: str | None, output: Output) -> None:
    """Show what changed from one build to another.

    Config and SQL as diffs; loads, columns, row counts, and how the values of each column are distributed,
    with the population stability index (PSI). Of several builds of a version the current one is meant, else
    the latest; the beginning of a data hash names another.

    \b
    Examples:
      ready registry diff 1 2
      ready registry diff 1@98573617 1
    """
    from ready.recorded.registry_diff import diff_builds

    sections = _read(target, home, diff_builds, before, after)
    output.show(sections)
    for title, lines in () if output.silent else sections.items():
        click.secho(title, bold=True)
        for line in lines or ["same"]:
            click.secho(f"  {printable(line)}", fg=COLOURS.get(line[0]))


def _read(target: str, home: str | None, reader: Any, *arguments: Any) -> Any:
    from ready.database.query import connected
    from ready.settings import Settings

    settings = Settings.resolve(home=home, target=target)
    with connected(settings) as connection:
        return reader(connection, settings, *arguments)
