"""`ready suggest`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ready.cli.options import configs_option, home_option, output_options, target_option
from ready.cli.output import Output


@click.command()
@click.option("--write", is_flag=True, help="Add them to expectations.yaml; comments and tests there stay.")
@target_option
@configs_option
@home_option
@output_options("as_json")
def suggest(write: bool, target: str, configs: str | None, home: str | None, output: Output) -> None:
    """Propose expectations that the loaded data meets.

    Looks at stg.orders_parsed (null, unique, values, ranges, patterns, lengths) and prints tests that
    configs/expectations.yaml does not have yet, as yaml, each with its evidence. Read them before you
    keep them: that today's data meets a rule does not make it one.

    \b
    Examples:
      ready suggest
      ready suggest --write
    """
    from ready.settings import Settings
    from ready.suggest.merge import render
    from ready.suggest.suggest import suggest as proposals_for
    from ready.suggest.suggest import write_suggestions

    settings = Settings.resolve(home=home, configs=configs, target=target)
    proposals = proposals_for(settings)
    output.show([asdict(proposal) for proposal in proposals])
    if not proposals:
        output.say("Nothing to suggest: the expectations say what the data shows.")
    elif write:
        file = write_suggestions(settings, proposals)
        output.say(f"Added {len(proposals)} test(s) to {file}. Next: ready validate")
    else:
        output.say(render(proposals).rstrip())
