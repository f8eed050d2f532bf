"""`ready diff`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ready.cli.options import home_option, output_options, target_option
from ready.cli.output import Output


@click.command()
@click.option("--prefix", metavar="PREFIX", help="Of the build's schemas.  [default: READY_SCHEMA_PREFIX]")
@click.option("--base-prefix", metavar="PREFIX", default="", help="Of the base's schemas.  [default: none]")
@click.option(
    "--base-url",
    metavar="URL",
    envvar="READY_BASE_URL",
    help="The base's database, where it is another one.  [env: READY_BASE_URL]",
)
@click.option(
    "--schema",
    "schemas",
    type=click.Choice(["stg", "feats"]),
    multiple=True,
    default=["feats"],
    help="Whose tables are compared; can be given twice.  [default: feats]",
)
@click.option("--markdown", is_flag=True, help="Print Markdown, as for a comment on a pull request.")
@click.option("--no-examples", is_flag=True, help="Print no keys and values of the data, only numbers.")
@click.option("--exit-code", is_flag=True, help="End with exit code 1 when something differs.")
@target_option
@home_option
@output_options("quiet", "as_json")
@click.pass_context
def diff(
    ctx: click.Context,
    prefix: str | None,
    base_prefix: str,
    base_url: str | None,
    schemas: tuple[str, ...],
    markdown: bool,
    no_examples: bool,
    exit_code: bool,
    target: str,
    home: str | None,
    output: Output,
) -> None:
    """Show what a build changes in the published tables.

    Its tables are compared with those of another build, the base: a pull request's, built with
    READY_SCHEMA_PREFIX, with main's. Of each table the rows that came, went or changed, of each column how
    many values differ, with the first one and its key; rows in another split; versions and fingerprints.
    A table that only the base has is listed and does not count as a difference: a deferred build leaves out
    what it need not build. A base in another database is copied over for the comparison. PostgreSQL only.

    \b
    Examples:
      ready diff --prefix pr_12_
      READY_SCHEMA_PREFIX=pr_12_ ready diff --markdown > comment.md
      ready diff --base-url postgresql://ann@host/shop --exit-code
    """
    from ready.settings import Settings
    from ready.table_diff.as_markdown import as_markdown
    from ready.table_diff.as_text import as_text
    from ready.table_diff.compare import diff_builds
    from ready.table_diff.model import without_examples

    settings = Settings.resolve(home=home, target=target)
    found = diff_builds(
        settings,
        prefix=settings.schema_prefix if prefix is None else prefix,
        base_prefix=base_prefix,
        base_url=base_url,
        schemas=tuple(dict.fromkeys(schemas)),
    )
    found = without_examples(found) if no_examples else found
    output.show({"differs": found.differs, **asdict(found)})
    output.say("\n".join(as_markdown(found) if markdown else as_text(found)))
    if exit_code and found.differs:
        ctx.exit(1)
