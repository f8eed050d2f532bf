"""`ready db`: start, stop and inspect the database."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from typing import Any

import click

from ready.cli.backup import backup, restore
from ready.cli.options import confirmed, home_option, output_options
from ready.cli.output import Output
from ready.errors import MachineError, UsageError
from ready.postgres import embedded
from ready.postgres.cluster import program_path
from ready.postgres.connection import ConnectionParams
from ready.postgres.roles import BUILDER, LOADER, WORKERS, read_roles
from ready.postgres.server import ensure_server, is_embedded, server_params
from ready.settings import Settings
from ready.workspace.environment import environment

DOWN = 3


@click.group()
def db() -> None:
    """Start, stop and inspect the database.

    By default that is an embedded PostgreSQL in READY_HOME. With PGHOST or DATABASE_URL set it is
    the server named there.

    \b
    Examples:
      ready db start
      ready db psql -c 'select * from raw.loads'
    """


@db.command()
@click.option("--tcp", is_flag=True, help="Also listen on a port of 127.0.0.1, for programs that need one.")
@click.option(
    "--port", type=click.IntRange(1024, 65535), default=54330, show_default=True, help="The port of --tcp."
)
@home_option
def start(tcp: bool, port: int, home: str | None) -> None:
    """Start the server if it is down; create raw tables and roles.

    With --tcp, users ready and ready_reader can log in on the port, by the passwords in the file pgpass
    of READY_HOME, which only you can read; until the server is stopped. One that runs without the
    port is started again.

    \b
    Examples:
      ready db start
      ready db start --tcp
      PGPASSFILE=.ready/pgpass psql -h 127.0.0.1 -p 54330 -U ready_reader ready
    """
    from ready.database.opening import open_database

    settings = Settings.resolve(home=home)
    if tcp:
        settings = _embedded_settings(home, "start --tcp")
        embedded.start(settings.home, tcp_port=port)
    open_database(settings)
    click.echo(f"PostgreSQL is up: {server_params(settings)}")
    if tcp:
        click.echo(f"and at 127.0.0.1:{port}, passwords in {settings.home / 'pgpass'}")


@db.command()
@home_option
def stop(home: str | None) -> None:
    """Stop the embedded server; its data stays.

    \b
    Example:
      ready db stop
    """
    settings = _embedded_settings(home, "stop")
    click.echo("PostgreSQL stopped." if embedded.stop(settings.home) else "PostgreSQL was not running.")


@db.command("grant")
@home_option
def grant_roles(home: str | None) -> None:
    """Give this database roles for loader, dbt and readers.

    \b
    ready_loader   adds to raw; the loader runs as it
    ready_builder  reads raw, owns stg and feats, adds to the history in meta; dbt runs as it
    ready_reader   reads feats and meta: grant ready_reader to ann

    The embedded server has them by itself. On another one a superuser, or the owner of the database
    with the right to create roles, runs this once, and again after an upgrade.

    \b
    Example:
      DATABASE_URL=postgresql://owner@host/ready ready db grant
    """
    from ready.database.opening import grant_database

    params = grant_database(Settings.resolve(home=home))
    click.echo(f"{', '.join(WORKERS)} have their rights in {params.dbname}.")


@db.command()
@home_option
@output_options("quiet", "as_json")
@click.pass_context
def status(ctx: click.Context, home: str | None, output: Output) -> None:
    """Say whether the server is up.

    Exit code 0 when it is, 3 when it is not.

    \b
    Examples:
      ready db status
      ready db status --quiet || ready db start
    """
    found = _status(Settings.resolve(home=home))
    output.show(found)
    server = f"up, process {found['pid']}" if found.get("pid") else "up" if found["up"] else "down"
    output.say(f"{found['kind']:<10} {found['address']}\nserver     {server}")
    for name in ("data", "log", "tcp", "roles"):
        if name in found:
            output.say(f"{name:<10} {found[name]}")
    ctx.exit(0 if found["up"] else DOWN)


def _status(settings: Settings) -> dict[str, Any]:
    params = server_params(settings)
    if is_embedded(settings):
        server = embedded.status(settings.home)
        found: dict[str, Any] = {"kind": "embedded", "address": str(params), "up": server.running}
        found |= {"pid": server.pid, "data": str(server.data), "log": str(server.log)}
        found |= {"tcp": f"127.0.0.1:{server.tcp_port}"} if server.tcp_port else {}
    else:
        found = {"kind": "external", "address": str(params), "up": _answers(params)}
    return found | ({"roles": _roles(params)} if found["up"] else {})


@db.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
        "help_option_names": ["--help"],
    }
)
@home_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(home: str | None, arguments: tuple[str, ...]) -> None:
    """Open psql on the database; ARGUMENTS are psql's own.

    \b
    Examples:
      ready db psql
      ready db psql -c 'select * from raw.loads'
    """
    settings = Settings.resolve(home=home)
    params = ensure_server(settings)
    # The embedded psql knows no SSL, which other servers may ask for.
    installed = None if is_embedded(settings) else shutil.which("psql")
    program = installed or str(program_path("psql"))
    os.execve(program, ["psql", *arguments], {**os.environ, **environment(settings, params)})


@db.command()
@home_option
def url(home: str | None) -> None:
    """Print the database's address as a postgresql:// URL.

    \b
    Example:
      DATABASE_URL=$(ready db url) my-bi-tool
    """
    click.echo(server_params(Settings.resolve(home=home)).url())


@db.command()
@home_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(home: str | None, yes: bool) -> None:
    """Stop the embedded server and delete its database.

    \b
    Examples:
      ready db reset
      ready db reset --yes      without asking
    """
    settings = _embedded_settings(home, "reset")
    found = embedded.status(settings.home)
    if not yes and not confirmed(f"Delete the database in {found.data}?"):
        return
    embedded.reset(settings.home)
    click.echo(f"Deleted the database in {found.data}.")


@db.command()
@click.argument("prefix")
@home_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def drop(prefix: str, home: str | None, yes: bool) -> None:
    """Drop the schemas of a build with READY_SCHEMA_PREFIX.

    A pull request's, say, once it is merged: PREFIX and stg, feats, meta. Raw and the tables without a prefix
    stay as they are. Where there are roles, who drops must be a member of ready_owner, as its history is.

    \b
    Examples:
      ready db drop pr_12_
      ready db drop pr_12_ --yes      without asking
    """
    from ready.postgres.prefixed_schemas import drop_schemas, schemas_of
    from ready.postgres.roles import with_builders_rights

    settings = Settings.resolve(home=home)
    params = ensure_server(settings)
    schemas = schemas_of(params, prefix)
    if not yes and not confirmed(f"Drop {', '.join(schemas)} in {params}?"):
        return
    drop_schemas(params, prefix, schemas, builder=with_builders_rights(params, ours=is_embedded(settings)))
    click.echo(f"Dropped {', '.join(schemas)}.")


def _embedded_settings(home: str | None, action: str) -> Settings:
    settings = Settings.resolve(home=home)
    if not is_embedded(settings):
        raise UsageError(
            f"`ready db {action}` is for the embedded server, but {server_params(settings)} is named",
            hint="unset PGHOST and DATABASE_URL to mean the embedded one",
        )
    return settings


def _roles(params: ConnectionParams) -> str:
    """What the loader and dbt run as."""
    with closing(params.connect()) as connection:
        found = read_roles(connection)
    if not found.granted:
        return f"none: loader and dbt run as {params.user}; ready db grant makes them"
    loader, builder = (role if role in found.mine else params.user for role in (LOADER, BUILDER))
    return f"the loader runs as {loader}, dbt as {builder}"


def _answers(params: ConnectionParams) -> bool:
    try:
        params.connect().close()
    except MachineError as error:
        click.echo(error.message, err=True)
        return False
    return True


db.add_command(backup)
db.add_command(restore)
