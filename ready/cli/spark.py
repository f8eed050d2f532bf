"""`ready spark`: start, stop and inspect the local Spark cluster."""

from __future__ import annotations

import click

from ready.cli.options import home_option, output_options
from ready.cli.output import Output
from ready.settings import Settings
from ready.spark.connection import HOST_VARIABLE, SparkParams

DOWN = 3


@click.group()
def spark() -> None:
    """Start, stop and inspect the local Spark cluster.

    One master, two workers and a Thrift server, from the package pyspark, under READY_HOME. It
    listens on READY_SPARK_PORT of 127.0.0.1 (default: 10000).

    \b
    Examples:
      ready spark start
      ready load --target spark data/raw
    """


@spark.command()
@home_option
def start(home: str | None) -> None:
    """Start the cluster if it is down.

    Needs Java 17 or newer and the extra `spark`.

    \b
    Examples:
      ready spark start
      READY_SPARK_PORT=10001 ready spark start
    """
    from ready.spark import local

    settings, params = _local_settings(home, "start")
    local.start(settings.home, params)
    click.echo(f"Spark is up: {params}")


@spark.command()
@home_option
def stop(home: str | None) -> None:
    """Stop the cluster; its tables stay.

    \b
    Example:
      ready spark stop
    """
    from ready.spark import local

    settings, _ = _local_settings(home, "stop")
    click.echo("Spark stopped." if local.stop(settings.home) else "Spark was not running.")


@spark.command()
@home_option
@output_options("quiet", "as_json")
@click.pass_context
def status(ctx: click.Context, home: str | None, output: Output) -> None:
    """Say whether the cluster is up.

    Exit code 0 when it is, 3 when it is not or lacks a process.

    \b
    Examples:
      ready spark status
      ready spark status --quiet || ready spark start
    """
    from ready.spark import local

    settings, params = _local_settings(home, "status")
    found = local.status(settings.home, params)
    processes = ", ".join(f"{role} {pid}" for role, pid in found.pids.items()) or "none"
    output.show(
        {"address": str(params), "up": found.running, "pids": found.pids}
        | {"warehouse": str(found.warehouse), "logs": str(found.logs)}
    )
    output.say(f"address    {params}\ncluster    {'up' if found.running else 'down'}\nprocesses  {processes}")
    output.say(f"warehouse  {found.warehouse}\nlogs       {found.logs}")
    ctx.exit(0 if found.running else DOWN)


def _local_settings(home: str | None, action: str) -> tuple[Settings, SparkParams]:
    from ready.errors import UsageError
    from ready.spark.connection import spark_params

    settings = Settings.resolve(home=home)
    params = spark_params(settings.environ)
    if not params.is_local:
        raise UsageError(
            f"`ready spark {action}` is for the local cluster, but {HOST_VARIABLE} names {params.host}",
            hint=f"unset {HOST_VARIABLE} to mean the local one",
        )
    return settings, params
