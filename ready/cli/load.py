"""`ready load`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ready.cli.options import (
    ALL_FLAGS,
    configs_option,
    default_data,
    home_option,
    max_shrink_option,
    output_options,
    target_option,
)
from ready.cli.output import Output
from ready.rendering.terminal import one_line

if TYPE_CHECKING:
    from loader import LoadOptions, LoadSummary
    from loader.sink import Sink
    from ready.settings import Settings


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(allow_dash=True), metavar="[PATH]...")
@click.option("--source", metavar="NAME", help="Data set the files belong to.  [default: orders]")
@click.option("--pattern", metavar="GLOB", help="Files of a folder or archive.  [default: *.csv]")
@click.option("--delimiter", metavar="CHAR", help="Field separator; \\t is a tab.  [default: detected]")
@click.option("--encoding", metavar="NAME", help="Such as cp1252.  [default: detected]")
@click.option("--quote", metavar="CHAR", help='Quote character.  [default: "]')
@click.option("--escape", metavar="CHAR", help="Escape character, often \\.  [default: quotes are doubled]")
@click.option(
    "--header-line",
    metavar="N|NAME",
    help="The header's line, or the name of its first column.  [default: the first that holds anything]",
)
@click.option("--comment", metavar="TEXT", help="What comment lines begin with, such as #.")
@click.option(
    "--footer-lines",
    metavar="N|REGEX",
    help="Lines at the end that are no data: how many, or what the first of them begins with.",
)
@click.option(
    "--max-rejects",
    metavar="N|P%",
    help="Refuse a file with more records that cannot be stored; a share never does for its first 3.  "
    "[default: 1%]",
)
@max_shrink_option
@click.option("--name", metavar="NAME", help="File name of standard input (PATH -).")
@click.option("--again", is_flag=True, help="Load files whose bytes are loaded already as well.")
@click.option(
    "--withdraw",
    metavar="FILE",
    multiple=True,
    help="Take out what is loaded of a file, by its name in --list; it stays in raw as superseded.",
)
@click.option("--dry-run", is_flag=True, help="Read and report; write nothing.")
@click.option("--list", "list_loads", is_flag=True, help="Show what is loaded (the ledger, raw.loads).")
@target_option
@configs_option
@home_option
@output_options(*ALL_FLAGS)
def load(
    paths: tuple[str, ...],
    withdraw: tuple[str, ...],
    dry_run: bool,
    list_loads: bool,
    target: str,
    configs: str | None,
    home: str | None,
    output: Output,
    **flags: Any,
) -> None:
    """Load CSV files into raw.raw_events, each exactly once.

    PATH is a file, a folder, a glob in quotes, or - for standard input (default: data/raw);
    .gz, .zst and .zip are read as they are. A file whose bytes are loaded already is left alone,
    unless they were read with other settings. A file that changed under its name supersedes its
    earlier load, unless that would take away more than --max-shrink. Records that cannot be stored
    go to raw.rejected_rows with line and reason. Defaults come from meta: ready_file in
    orders.yaml, which has names: and header: none besides; flags win. Files of further sources,
    in their folders below a folder, are loaded as their own yaml files say.

    \b
    Examples:
      ready load exports/
      ready load 'exports/2024-*.csv.gz' --delimiter ';' --encoding cp1252
      ready load statement.csv --header-line Date --footer-lines 1 --dry-run
      curl -s URL | ready load - --name orders.csv
      ready load --target spark exports/
      ready load --withdraw orders_2024_h1.csv
    """
    from ready.definition.load_options import load_options
    from ready.definition.mapping import ORDERS, source_names
    from ready.run.source_files import refuse_files_of_sources, require_known_source
    from ready.settings import Settings

    settings = Settings.resolve(home=home, configs=configs)
    if flags["delimiter"] == "\\t":
        flags["delimiter"] = "\t"
    for name in ("header_line", "footer_lines"):
        if (flags[name] or "").isdecimal():
            flags[name] = int(flags[name])
    known = source_names(settings.configs)
    named = flags["source"] if flags["source"] in known else ORDERS
    options = load_options(settings.configs, flags, named)
    if known and flags["source"]:
        require_known_source(settings.configs, flags["source"])
    elif known:
        refuse_files_of_sources(settings.configs, paths, data=settings.project_dir / "data" / "raw")
    engine = _spark(settings) if target == "spark" else _postgres(settings)
    if list_loads:
        _list(engine, options.source if flags["source"] else None, output)
        return
    if withdraw:
        if paths or dry_run:
            raise click.UsageError("--withdraw FILE goes with no PATH and no --dry-run")
        _withdraw(engine.sink, withdraw, options, output)
        return
    chosen = paths or (default_data(settings),)
    if named != ORDERS and not paths:
        chosen = _folders(settings, named, chosen)
    summaries = [_load(engine.sink, chosen, options, dry_run=dry_run, output=output)]
    for source in known if not flags["source"] else ():
        if folders := _folders(settings, source, chosen):
            shared = {name: flags[name] for name in ("max_shrink", "again")}
            options = load_options(settings.configs, shared, source)
            summaries.append(_load(engine.sink, folders, options, dry_run=dry_run, output=output))
    shown = [summary.as_dict() for summary in summaries]
    output.show({**shown[0], "further": shown[1:]} if shown[1:] else shown[0])


class _Engine(NamedTuple):
    """What loads go into, and what lists its ledger."""

    sink: Sink
    loads: Callable[[str | None], list[dict[str, Any]]]


def _postgres(settings: Settings) -> _Engine:
    from loader.ledger import all_loads
    from loader.postgres import PostgresSink
    from ready.database.opening import open_database
    from ready.postgres.roles import LOADER

    params = open_database(settings, role=LOADER)

    def loads(source: str | None) -> list[dict[str, Any]]:
        with closing(params.connect()) as connection:
            return all_loads(connection, source)

    return _Engine(PostgresSink(params.connect), loads)


def _spark(settings: Settings) -> _Engine:
    from ready.spark.loading import all_loads, spark_sink
    from ready.spark.server import ensure_spark

    params = ensure_spark(settings)
    return _Engine(spark_sink(params), lambda source: all_loads(params, source))


def _load(
    sink: Sink,
    paths: tuple[str, ...],
    options: LoadOptions,
    *,
    dry_run: bool,
    output: Output,
) -> LoadSummary:
    from loader import FilesRefused, LoaderError, load_into
    from ready.cli.progress import load_progress
    from ready.errors import from_loader

    try:
        with load_progress(quiet=output.silent) as progress:
            summary = load_into(sink, paths, options, progress, dry_run=dry_run)
    except FilesRefused as error:
        output.show(error.summary.as_dict())
        _tell(error.summary, output)
        raise from_loader(error) from None
    except LoaderError as error:
        raise from_loader(error) from None
    _tell(summary, output)
    return summary


def _folders(settings: Settings, source: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    from ready.run.source_files import folders_of

    return tuple(folders_of(settings.configs, source, paths))


def _withdraw(sink: Sink, names: tuple[str, ...], options: LoadOptions, output: Output) -> None:
    from loader import LoaderError
    from loader.withdraw import withdraw_files
    from ready.errors import from_loader

    try:
        summary = withdraw_files(sink, names, options)
        output.show(summary.as_dict())
        _tell(summary, output)
    except LoaderError as error:
        raise from_loader(error) from None


def _tell(summary: LoadSummary, output: Output) -> None:
    from ready.cli.progress import summary_lines

    if output.verbose:
        for file in summary.loaded:
            output.say(f"  {one_line(file.file_name)}: delimiter {file.delimiter!r}, {file.encoding}")
            output.say(f"    columns {one_line(', '.join(file.columns))}")
    output.say("\n".join(summary_lines(summary)))


def _list(engine: _Engine, source: str | None, output: Output) -> None:
    loads = engine.loads(source)
    output.show(loads)
    if not loads:
        output.say("Nothing is loaded yet.")
    for entry in loads:
        state = f"superseded by {entry['superseded_by']}" if entry["superseded_by"] else "loaded"
        rejected = f", {entry['rows_rejected']:,} rejected" if entry["rows_rejected"] else ""
        gone = f", {entry['orders_gone']:,} order(s) gone" if entry["orders_gone"] else ""
        output.say(
            f"{entry['load_id']:>6}  {entry['loaded_at']:%Y-%m-%d %H:%M}  {one_line(entry['source'])}  "
            f"{one_line(entry['file_name'])}  {entry['rows_loaded']:,} rows{rejected}{gone}  "
            f"{entry['file_sha256'][:12]}  {state}"
        )
