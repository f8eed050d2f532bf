"""The configs against files: for `ready lint --data`, and for what `ready run` is about to load."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from loader import LoadOptions
from loader.files import COMPRESSED, InputFile
from loader.head import Head
from ready.database.engine import EngineParams
from ready.database.opening import open_database
from ready.definition.load_options import load_options
from ready.definition.mapping import ORDERS, check_mapping, orders_meta, source_names
from ready.definition.values import mapping_of
from ready.errors import ReadyError, UsageError
from ready.lint.configs import lint_configs
from ready.lint.document import read_document
from ready.lint.files import FilesLinter, Opened, input_files, open_heads
from ready.lint.finding import Finding
from ready.lint.trial import try_mapping
from ready.postgres.connection import ConnectionParams
from ready.run.loads import ActiveLoad
from ready.run.source_files import folders_of
from ready.settings import Settings

# Of more new files, as many: a run must not wait for what the gate will tell.
LOOKED_AT_BEFORE_A_RUN = 10
# Entries of these keys alone are read without a trial: what they name is in the header.
PLAIN = {"column", "type", "of"}


def lint_data(settings: Settings, paths: Sequence[str], say: Callable[[str], None]) -> list[Finding]:
    """Every fault of the configs, and what the first records of the files show.

    Nothing of the files is looked at while the configs are not in order. Starts the database where it is ours
    and down. say: is called with what takes seconds. Raises as the loader does for paths that are not there.
    """
    findings = lint_configs(settings)
    if any(finding.stops_build for finding in findings):
        return findings
    params: ConnectionParams | None = None
    for source in (ORDERS, *source_names(settings.configs)):
        options = load_options(settings.configs, source=source)
        chosen = paths if source == ORDERS else folders_of(settings.configs, source, paths)
        opened = open_heads(input_files(chosen, options), options) if chosen else Opened((), ())
        linter = _linter(settings, source)
        findings += [*opened.findings, *linter.check_headers(opened.heads)]
        if settings.target == "postgres" and opened.heads:
            params = params or open_database(settings)
            tried = try_mapping(
                opened.heads, linter.mapped, settings=settings, params=params, say=say, source=source
            )
            findings += linter.check_tried(tried, opened.heads)
    return findings


def check_incoming(
    settings: Settings,
    paths: Sequence[str],
    *,
    params: EngineParams,
    active: Sequence[ActiveLoad],
    say: Callable[[str], None],
    source: str = ORDERS,
) -> list[Finding]:
    """What is to be reported of files of a source that are new before they are loaded.

    active: what is loaded of it. say: is called with what takes seconds. Expressions and formats are tried on
    PostgreSQL, where the mapping has some. Raises UsageError where every record would fail. Files that
    cannot be read are left to the loader.
    """
    options, meta = load_options(settings.configs, source=source), orders_meta(settings.configs, source)
    try:
        files = [file for file in input_files(paths, options) if _is_new(file, active)]
    except ReadyError:
        return []
    heads = _heads_that_fit(settings, meta, files, options, active, source)
    if not isinstance(params, ConnectionParams) or not _has_sql(meta):
        return []
    linter = _linter(settings, source)
    tried = try_mapping(heads, linter.mapped, settings=settings, params=params, say=say, source=source)
    findings = list(linter.check_tried(tried, heads))
    stopping = [finding for finding in findings if finding.stops_build]
    if stopping:
        lines = "\n  ".join(map(str, stopping))
        raise UsageError(
            f"the mapping does not fit the files, and nothing was loaded:\n  {lines}",
            hint="mend it; ready lint --data checks again",
        )
    return findings


def _heads_that_fit(
    settings: Settings,
    meta: Mapping[str, Any],
    files: Sequence[InputFile],
    options: LoadOptions,
    active: Sequence[ActiveLoad],
    source: str,
) -> tuple[Head, ...]:
    """The heads of the latest files; of all before it is said that no file has a column."""
    for part in (files[-LOOKED_AT_BEFORE_A_RUN:], files):
        opened = open_heads(part, options)
        if any(finding.is_error for finding in opened.findings) or not all(f.rereadable for f in part):
            break
        heads = opened.heads
        headers = [*(head.columns for head in heads), *(load.columns for load in active)]
        try:
            check_mapping(meta, headers, configs=settings.configs, source=source)
            return heads
        except UsageError:
            if len(part) == len(files):
                raise
    return ()


def _linter(settings: Settings, source: str) -> FilesLinter:
    names = ("orders.yaml", "expectations.yaml") if source == ORDERS else (f"{source}.yaml",) * 2
    mapping, gate = (read_document(settings.configs / name) for name in names)
    return FilesLinter(mapping, gate, settings.product_dir, source)


def _is_new(file: InputFile, active: Sequence[ActiveLoad]) -> bool:
    """By name, and by size where that is known; the loader compares the bytes."""
    sizes = [load.file_bytes for load in active if load.file_name == file.name]
    if not sizes:
        return True
    plain = not file.member and not file.path.lower().endswith(COMPRESSED)
    return plain and file.rereadable and os.path.getsize(file.path) not in sizes


def _has_sql(meta: Mapping[str, Any]) -> bool:
    entries = mapping_of(meta.get("columns")).values()
    return bool(meta.get("rows")) or any(set(mapping_of(entry)) - PLAIN for entry in entries)
