"""`ready export`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ready.cli.options import artifacts_option, home_option, output_options, target_option
from ready.cli.output import Output


@click.command()
@click.option(
    "--feature-set",
    default="customer_features",
    show_default=True,
    help="Also one in own SQL, or own labels.",
)
@click.option("--version", type=click.IntRange(min=1), help="Fail unless the tables hold this version.")
@click.option("--split", type=click.Choice(["train", "val", "test"]), help="Only this split.  [default: all]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to write.  [default: datasets/<feature set>/v<N> in the artifacts folder]",
)
@click.option("--exact", is_flag=True, help="The types of the tables, decimals too, not those for models.")
@click.option(
    "--feast",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write a Feast repository: a feature view, and all feature rows as its source.",
)
@target_option
@artifacts_option
@home_option
@output_options("quiet", "as_json")
def export(
    feature_set: str,
    version: int | None,
    split: str | None,
    out: Path | None,
    exact: bool,
    feast: Path | None,
    target: str,
    artifacts: str | None,
    home: str | None,
    output: Output,
) -> None:
    """Write the training set as Parquet, one file a split, with a manifest.

    Amounts are doubles, each the nearest of its exact decimal, counts int64, text features
    categories; with --exact the types are those of the tables. The same version and data give
    the same bytes. Rows come in key order, and the version, the fingerprint and what each
    column is for are in each file's metadata.

    \b
    Examples:
      ready export
      ready export --version 1 --split train --out ~/train
      ready export --exact --out ~/decimals
      ready export --feature-set basket_features
      ready export --feast feature_repo && cd feature_repo && feast apply
    """
    from ready.database.query import connected
    from ready.dataset.export import export_dataset
    from ready.dataset.feast import export_repository
    from ready.dataset.training_set import require_feature_set
    from ready.settings import Settings

    settings = Settings.resolve(home=home, artifacts=artifacts, target=target)
    with connected(settings) as connection, _progress(output) as progress:
        require_feature_set(connection, settings, feature_set)
        result = export_dataset(
            connection,
            settings=settings,
            feature_set=feature_set,
            version=version,
            split=split,
            out=out,
            exact=exact,
            progress=progress,
        )
        rows = export_repository(connection, settings, feature_set, feast) if feast else None
    state = "written" if result.written else "already exported"
    output.show({"folder": str(result.folder), "written": result.written, **result.manifest})
    output.say(f"{result.manifest['feature_set']} version {result.manifest['feature_version']}: {state}")
    for entry in result.manifest["files"]:
        output.say(
            f"  {result.folder / entry['name']}  {entry['row_count']:,} rows, {entry['bytes']:,} bytes"
        )
    if feast:
        output.say(f"  {feast.resolve()}  a Feast repository, {rows:,} feature rows")


@contextmanager
def _progress(output: Output) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal's standard error, nothing elsewhere."""
    if output.silent or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Exporting", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
