"""`ready suggest`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ready.cli.options import configs_option, home_option, output_options, target_option
from ready.cli.output import Output

if TYPE_CHECKING:
    from ready.settings import Settings


@click.command()
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE]...")
@click.option("--mapping", is_flag=True, help="Propose orders.yaml for FILEs that are not loaded yet.")
@click.option(
    "--write",
    is_flag=True,
    help="Add them to expectations.yaml; comments and tests there stay. With --mapping, write orders.yaml "
    "where nobody has written one, and take rules on columns that it lacks out of an unchanged "
    "expectations.yaml.",
)
@target_option
@configs_option
@home_option
@output_options("as_json")
def suggest(
    files: tuple[str, ...],
    mapping: bool,
    write: bool,
    target: str,
    configs: str | None,
    home: str | None,
    output: Output,
) -> None:
    """Propose expectations that the loaded data meets, or a mapping for files.

    Looks at stg.orders_parsed (null, unique, values, ranges, patterns, lengths) and prints tests that
    configs/expectations.yaml does not have yet, as yaml, each with its evidence. Read them before you
    keep them: that today's data meets a rule does not make it one.

    With --mapping it reads the first thousand records of each FILE (a file, a folder or a glob), needs no
    database, and prints an orders.yaml: which column is what, in which notation, with the evidence for each
    line. What the files do not say is marked CHECK.

    \b
    Examples:
      ready suggest
      ready suggest --write
      ready suggest --mapping my_csvs > my_configs/orders.yaml
    """
    from ready.settings import Settings

    settings = Settings.resolve(home=home, configs=configs, target=target)
    if mapping:
        _suggest_mapping(settings, files, write=write, configs=configs, output=output)
        return
    if files:
        raise click.UsageError("FILEs are for --mapping")
    _suggest_expectations(settings, write=write, output=output)


def _suggest_mapping(
    settings: Settings, files: tuple[str, ...], *, write: bool, configs: str | None, output: Output
) -> None:
    from ready.suggest.mapping import fit_expectations, next_step, suggest_mapping, write_mapping
    from ready.workspace.config_files import with_schemas

    if not files:
        raise click.UsageError("--mapping needs a file or a folder to read")
    text = with_schemas(suggest_mapping(files, configs), is_users=settings.is_users)
    output.show({"orders_yaml": text})
    if write:
        output.say(f"Wrote {write_mapping(settings, text)}.")
        if note := fit_expectations(settings):
            output.say(f"{note}.")
        output.say(f"Next: correct it, then {next_step(files, configs)}")
    else:
        output.say(text.rstrip())


def _suggest_expectations(settings: Settings, *, write: bool, output: Output) -> None:
    from ready.suggest.merge import render
    from ready.suggest.suggest import suggest as proposals_for
    from ready.suggest.suggest import write_suggestions

    proposals = proposals_for(settings)
    output.show([asdict(proposal) for proposal in proposals])
    if not proposals:
        output.say("Nothing to suggest: the expectations say what the data shows.")
    elif write:
        file = write_suggestions(settings, proposals)
        output.say(f"Added {len(proposals)} test(s) to {file}. Next: ready validate")
    else:
        output.say(render(proposals).rstrip())
