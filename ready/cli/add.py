"""`ready add`."""

from __future__ import annotations

import shlex

import click

from ready.cli.options import configs_option, default_data, output_options
from ready.cli.output import Output


@click.group()
def add() -> None:
    """Add to the project what further data needs.

    \b
    Example:
      ready add source visits data/raw/visits
    """


@add.command()
@click.argument("name")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True), metavar="PATH...")
@click.option("--state", is_flag=True, help="One row a customer and state, such as a table of customers.")
@click.option(
    "--key", metavar="COLUMN", help="Whose the states are, if no customer's: events look them up by it."
)
@click.option("--data", metavar="DIR", type=click.Path(), help="The data folder.  [default: data/raw]")
@configs_option
@output_options("as_json")
def source(
    name: str,
    paths: tuple[str, ...],
    state: bool,
    key: str | None,
    data: str | None,
    configs: str | None,
    output: Output,
) -> None:
    """Propose a further source of events or states.

    Reads the first thousand records of the files and writes configs/NAME.yaml, with what speaks for each
    line, its models of one line each in models/sources/, an entry NAME_features in features.yaml and
    models/features/all_features.sql, which joins the features of all sources. What the files do not say is
    marked CHECK. Nothing that is there is changed but features.yaml, at its end. States of another key than
    the customer have no features: sources of events that are added later look their columns up.

    \b
    Examples:
      ready add source visits data/raw/visits
      ready add source members data/raw/members --state
      ready add source products data/raw/products --state --key product_id
    """
    from ready.errors import UsageError
    from ready.settings import Settings
    from ready.suggest.add_source import add_source

    if key and not state:
        raise UsageError("--key is of states", hint="say --state as well")
    settings = Settings.resolve(configs=configs)
    among = f" --data {shlex.quote(data)}" if data else ""
    data = data or default_data(settings)
    added = add_source(settings, name, paths, data=data, state=state, key=key)
    output.show({"files": list(map(str, added.files)), "left": list(map(str, added.left))})
    for file in added.files:
        output.say(f"Wrote {file}")
    for file in added.left:
        output.say(f"{file} is there already, and stays as it is")
    for note in added.notes:
        output.say(note)
    output.say(f"Next: read {added.files[0]}, then: ready lint{among}; ready run{among}")
