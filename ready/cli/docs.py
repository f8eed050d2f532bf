"""`ready docs`."""

from __future__ import annotations

import click

from ready.cli.options import artifacts_option, configs_option, home_option, target_option


@click.command()
@click.option("--no-serve", is_flag=True, help="Only write the site: one file that opens without a server.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8080,
    show_default=True,
    help="Port to serve on, on this machine only.",
)
@target_option
@configs_option
@artifacts_option
@home_option
def docs(
    no_serve: bool, port: int, target: str, configs: str | None, artifacts: str | None, home: str | None
) -> None:
    """Generate and serve the dbt docs site: every table, column and test, and the lineage graph.

    \b
    Examples:
      ready docs
      ready docs --no-serve     writes artifacts/docs/index.html and ends
    """
    from ready.dbt.docs import serve, write_docs
    from ready.settings import Settings

    settings = Settings.resolve(home=home, configs=configs, artifacts=artifacts, target=target)
    page = write_docs(settings)
    click.echo(f"Written: {page}")
    if not no_serve:
        click.echo(f"Serving it at http://127.0.0.1:{port} until Ctrl-C.")
        serve(page.parent, port)
