"""`ready db backup` and `ready db restore`."""

from __future__ import annotations

from pathlib import Path

import click

from ready.cli.options import home_option, lock_timeout_option
from ready.postgres.backup import Programs
from ready.postgres.server import ensure_server, is_embedded
from ready.settings import Settings
from ready.workspace.environment import environment


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@home_option
def backup(file: Path, home: str | None) -> None:
    """Write the whole database to FILE, complete or not at all.

    FILE is in pg_dump's custom format, readable by you alone; an earlier backup of that name is
    replaced. Runs may go on meanwhile: the backup is of the moment at which it began.

    \b
    Example:
      ready db backup monday.dump
    """
    from ready.postgres.backup import backup as write

    size = write(_programs(Settings.resolve(home=home)), file)
    click.echo(f"Wrote {file}, {size:,} bytes.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also where the database has data: it is given up.")
@home_option
@lock_timeout_option
def restore(file: Path, replace: bool, home: str | None, lock_timeout: float | None) -> None:
    """Bring the database back to what FILE holds.

    In one transaction: when it fails, everything is as it was. FILE is from ready db backup, of the
    same or an earlier release, and of the same or an earlier PostgreSQL.

    \b
    Examples:
      ready db restore monday.dump
      ready db restore monday.dump --replace
    """
    from ready.database.opening import open_database
    from ready.postgres.backup import restore as bring_back

    settings = Settings.resolve(home=home)
    programs = _programs(settings)
    bring_back(programs, file, replace=replace, say=_say, lock_timeout=lock_timeout)
    open_database(
        settings
    )  # which gives the roles their rights, and migrates what an earlier release backed up
    click.echo(f"The database {programs.params.dbname} is as in {file}.")


def _say(title: str, detail: str) -> None:
    click.echo(f"{title}: {detail}", err=True)


def _programs(settings: Settings) -> Programs:
    params = ensure_server(settings)
    return Programs(params, environment(settings, params), own_server=is_embedded(settings))
