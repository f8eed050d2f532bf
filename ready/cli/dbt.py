"""`ready dbt`."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

from ready.cli.options import names_spark
from ready.rendering.terminal import printable

if TYPE_CHECKING:
    from ready.postgres.connection import ConnectionParams
    from ready.settings import Settings
    from ready.spark.connection import SparkParams

# dbt commands whose result would be wrong where dbt overlooks a typo.
LINTED = {"build", "run", "test", "compile"}
# Those that change what builds remember: one at a time, as `ready run`.
BUILDING = {"build", "run", "test", "seed", "snapshot", "retry"}


@click.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
        "help_option_names": [],
    }
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def dbt(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Run any dbt command with the database up.

    \b
    Examples:
      ready dbt build
      ready dbt build -s customer_features+
      ready dbt test -s orders_parsed
      ready dbt build --target spark
      ready dbt build --empty    the SQL of all models without rows, in schemas of its own
      ready dbt build --sample "30 days"    what came in and was ordered then, in schemas of its own
    """
    if arguments in ((), ("-h",), ("--help",)):
        click.echo(ctx.get_help())
        click.echo("\nWhat follows `ready dbt` goes to dbt as it is; see: ready dbt build --help")
        return
    from dbt.cli.exceptions import DbtUsageException

    from ready.database.opening import open_database
    from ready.dbt.runner import invoke, of_database, prepare
    from ready.errors import UsageError
    from ready.lint import require_clean_configs
    from ready.settings import Settings
    from ready.spark.server import ensure_spark

    # Such a build is for nobody else to read: see macros/on_run_start/require_prefix.sql.
    apart = [
        name for name in ("empty", "sample") for word in arguments if word.partition("=")[0] == f"--{name}"
    ]
    prefix = {"READY_SCHEMA_PREFIX": f"{apart[0]}_"} if apart else {}
    settings = Settings.resolve(environ={**prefix, **os.environ})
    if LINTED.intersection(arguments):
        for finding in require_clean_configs(settings):
            click.echo(printable(str(finding)), err=True)
    params = ensure_spark(settings) if names_spark(arguments) else open_database(settings)
    prepare(settings, params)
    with _alone(settings, params) if BUILDING.intersection(arguments) else nullcontext():
        outcome = invoke(arguments)
    if isinstance(outcome.exception, DbtUsageException):
        raise UsageError(f"dbt: {outcome.exception}", hint="see: ready dbt build --help")
    # dbt has already printed every other error.
    if outcome.exception:
        ctx.exit(3 if of_database(str(outcome.exception)) else 2)
    ctx.exit(0 if outcome.success else 1)


def _alone(settings: Settings, params: ConnectionParams | SparkParams) -> AbstractContextManager[None]:
    """The lock of the engine."""
    from ready.postgres.connection import ConnectionParams

    if isinstance(params, ConnectionParams):
        from ready.database.locks import build_lock

        return build_lock(params, settings.schema("meta"), _say)
    from ready.spark.pipeline import run_lock

    return run_lock(settings.home, None)


def _say(title: str, detail: str) -> None:
    click.echo(printable(f"{title}: {detail}"), err=True)
