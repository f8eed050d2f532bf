"""`ready remove`."""

from __future__ import annotations

import click

from ready.cli.options import configs_option, confirmed, output_options
from ready.cli.output import Output


@click.group()
def remove() -> None:
    """Take out of the project what further data needed.

    \b
    Example:
      ready remove source visits
    """


@remove.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@configs_option
@output_options("as_json")
def source(name: str, yes: bool, configs: str | None, output: Output) -> None:
    """Undo what `ready add source` has written.

    Deletes configs/NAME.yaml, its models, its entry in features.yaml, and its name where features are
    joined. Refuses where SQL of your own is in their place, or reads them. Its records stay in raw and its
    versions in the registry.

    \b
    Examples:
      ready remove source visits
      ready remove source visits --yes    without asking
    """
    from ready.lint.finding import shown_path
    from ready.settings import Settings
    from ready.suggest.remove_source import plan_removal

    settings = Settings.resolve(configs=configs)
    removal = plan_removal(settings, name)
    files = [shown_path(file) for file in removal.deleted]
    changed = [shown_path(file) for file in removal.changed]
    rest = f", and change {', '.join(changed)}" if changed else ""
    if not yes and not confirmed(f"Delete {', '.join(files)}{rest}?"):
        return
    removal.carry_out()
    output.show({"deleted": files, "changed": changed})
    for file in files:
        output.say(f"Deleted {file}")
    for file in changed:
        output.say(f"Changed {file}")
    output.say("Next: ready run; the tables that were built last stay in the database")
