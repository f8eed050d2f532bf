"""`ready audit`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ready.cli.options import home_option, output_options, target_option
from ready.cli.output import Output
from ready.rendering.terminal import one_line

if TYPE_CHECKING:
    from ready.api.audit import ColumnAudit


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.parquet")
@click.option("--customer", default="customer_id", show_default=True, help="Its column of customers.")
@click.option("--time", default="feature_time", show_default=True, help="Its column of times.")
@click.option(
    "--column",
    "pairs",
    multiple=True,
    metavar="THEIRS=FEATURE",
    help="A column of another name than the feature it is compared with; as often as needed.",
)
@target_option
@home_option
@output_options("quiet", "as_json")
def audit(
    file: Path,
    customer: str,
    time: str,
    pairs: tuple[str, ...],
    target: str,
    home: str | None,
    output: Output,
) -> None:
    """Compare an outside training set with what could be known.

    Each value is compared with the published feature of that customer at that time, which knows only what
    lies strictly before. Where it differs, it is looked for at later instants: what was known only then
    is the future. Columns that have the name of a feature, also of another source than the orders, are
    compared, and those that --column names.

    Exit code 1 when a value differs. The file is read into memory.

    \b
    Examples:
      ready audit churn_train.parquet
      ready audit churn_train.parquet --time snapshot_date --column spend_30=revenue_30d
      ready audit churn_train.parquet --column visited=visits_features.visits_30d
    """
    from ready.api.audit import audit as compare
    from ready.errors import CheckFailed, UsageError
    from ready.settings import Settings

    columns = dict(pair.partition("=")[::2] for pair in pairs)
    if not all(columns.values()):
        raise UsageError("--column is THEIRS=FEATURE", hint="such as --column spend_30=revenue_30d")
    settings = Settings.resolve(home=home, target=target)
    found = compare(settings, file, customer=customer, time=time, columns=columns)
    output.show(asdict(found))
    sets = ", ".join(f"{name} version {version}" for name, version in found.versions.items())
    output.say(f"{found.rows:,} rows against {sets}")
    if found.unknown:
        output.say(f"  {one_line(found.unknown)}")
    for column in found.columns:
        for line in _lines(column):
            output.say(line)
    if found.not_compared:
        output.say(f"  not compared: {', '.join(map(one_line, found.not_compared))}")
    if not found.same:
        names = [column.column for column in found.columns if column.differ]
        raise CheckFailed(
            f"{len(names)} column(s) are not what could be known: {', '.join(map(one_line, names))}",
            hint="ready explain CUSTOMER TIME FEATURE shows the orders behind a value",
        )


def _lines(column: ColumnAudit) -> list[str]:
    name = one_line(column.column)
    name += f" ({column.feature})" if column.feature != column.column else ""
    if not column.differ:
        return [f"  {name}  same"]
    lines = [f"  {name}  {column.differ:,} of {column.rows:,} rows differ"]
    if column.example:
        row = column.example
        lines.append(
            f"    first: {one_line(row.customer_id)} at {row.time:%Y-%m-%d %H:%M:%S} has "
            f"{one_line(str(row.theirs))}, known was {one_line(str(row.known))}"
        )
    if column.later:
        when, count = max(column.later.items(), key=lambda item: item[1])
        lines.append(f"    KNOWS ITS FUTURE: {count:,} of these have the value of {when}")
    return lines
