"""`ready lineage`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ready.cli.options import home_option, output_options, target_option
from ready.cli.output import Output
from ready.rendering.terminal import one_line

if TYPE_CHECKING:
    from ready.proof.lineage import ColumnLineage, Source


@click.command()
@click.argument("columns", nargs=-1, metavar="[FEATURE_SET.]COLUMN...")
@click.option(
    "--version", metavar="[FEATURE_SET:]VERSION", help="A recorded version.  [default: the current one]"
)
@click.option("--openlineage", is_flag=True, help="Print OpenLineage's columnLineage facet as JSON.")
@click.option(
    "--namespace", metavar="NAME", help="Of OpenLineage's datasets.  [default: that of the database]"
)
@target_option
@home_option
@output_options("as_json")
def lineage(
    columns: tuple[str, ...],
    version: str | None,
    openlineage: bool,
    namespace: str | None,
    target: str,
    home: str | None,
    output: Output,
) -> None:
    """Show which CSV columns a feature is made of.

    Each column of a feature set, and the label, back over stg.orders and its mapping to the CSV files, from
    what was recorded when it was built; without a COLUMN all of them. FEATURE_SET may be left out where one
    set alone has the columns. `ready explain` leads one value to its lines.

    \b
    Examples:
      ready lineage customer_features.revenue_30d
      ready lineage visits_30d
      ready lineage --version 1 revenue_30d orders_total
      ready lineage --openlineage > column_lineage.json
    """
    from ready.database.query import connected
    from ready.proof.lineage import (
        column_lineage,
        dataset_names,
        named_build,
        open_lineage,
        set_of_columns,
    )
    from ready.settings import Settings

    settings = Settings.resolve(home=home, target=target)
    feature_set, names = _asked(columns)
    with connected(settings) as connection:
        if feature_set is None and not version:
            feature_set = set_of_columns(connection, settings, names)
        build = named_build(connection, settings, version=version, feature_set=feature_set)
        found = column_lineage(build, names)
        datasets = dataset_names(connection, settings, build["feature_set"])
    if openlineage:
        datasets["namespace"] = namespace or datasets["namespace"]
        Output(as_json=True).show(open_lineage(found, **datasets))
        return
    output.show([asdict(column) for column in found])
    files = [load["file_name"] for load in build["lineage"]["loads"]]
    for column in found:
        output.say(_as_text(column))
    output.say(
        one_line(f"{build['feature_set']} version {build['feature_version']}, of {len(files)} file(s):")
    )
    for file in files:
        output.say(one_line(f"  {file}"))


def _asked(columns: tuple[str, ...]) -> tuple[str | None, list[str]]:
    """The feature set that the columns name, None where they name none, and the columns."""
    from ready.errors import UsageError

    parts = [column.rpartition(".") for column in columns]
    sets = {feature_set for feature_set, _, _ in parts if feature_set}
    if len(sets) > 1:
        raise UsageError(
            f"these are columns of several feature sets: {', '.join(sorted(sets))}", hint="one at a time"
        )
    return next(iter(sets), None), [name for _, _, name in parts]


def _as_text(column: ColumnLineage) -> str:
    lines = [f"{column.name}: {column.rule}, {column.window}", *map(_source_text, column.sources)]
    return "\n".join(one_line(line) for line in lines)


def _source_text(source: Source) -> str:
    made_of = f"from {source.mapping}" if source.mapping else "not mapped"
    return f"  {source.role:<12} stg.{source.table}.{source.column:<14} {made_of}"
