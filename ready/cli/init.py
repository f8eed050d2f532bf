"""`ready init`."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from ready.rendering.terminal import printable


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option("--from", "mapping", metavar="NAME", help="A mapping that comes along: shopify, stripe, ...")
@click.option(
    "--data",
    metavar="PATH",
    type=click.Path(),
    multiple=True,
    help="File or folder to propose orders.yaml for; may be given several times.",
)
def init(folder: str, mapping: str | None, data: tuple[str, ...]) -> None:
    """Make a project folder of your own.

    DIR gets three YAML files in configs/, an empty models/features/, dbt_project.yml, packages.yml,
    .env.example, .gitignore and a README. Models and macros stay in the installed package. A file that is
    there is never overwritten.

    \b
    Examples:
      ready init my_shop
      ready init my_shop --data ~/exports
      ready init my_shop --from shopify
    """
    from ready.init.new_project import DATA, init_project

    project = init_project(Path(folder).expanduser(), mapping=mapping, data=data)
    click.echo(printable(f"Made {project.folder}: {', '.join(map(str, project.files))}"))
    if project.note:
        click.echo(printable(f"{project.note}."))
    used = [part for path in data for part in ("--data", os.path.abspath(os.path.expanduser(path)))]
    run = shlex.join(["ready", "run", *used])
    if data:
        steps = [f"read {Path('configs', 'orders.yaml')}: what the files do not say is marked CHECK"]
    elif mapping:
        steps = [f"put your CSV files into {DATA}", "set zone, currency and statuses in configs/"]
    else:
        steps = [
            f"put your CSV files into {DATA}",
            "say which column is what in configs/orders.yaml; "
            f"ready suggest --mapping {DATA} --write proposes it",
        ]
    steps.append("ready lint " + shlex.join(used or ["--data", str(DATA)]))
    lines = [f"cd {shlex.quote(str(project.folder))}", *steps, run]
    click.echo(printable("Next:\n" + "\n".join(f"  {line}" for line in lines)))
