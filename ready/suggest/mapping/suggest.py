"""Reads the files, picks those that are orders, and writes the proposal down."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path

from loader.errors import FileRefused, LoaderError
from loader.files import InputFile, find_files
from ready.definition.meta import ALONE
from ready.errors import CheckFailed, UsageError, from_loader
from ready.rendering.terminal import one_line
from ready.settings import Settings
from ready.suggest.mapping.entry import CHECK, Entry, flow
from ready.suggest.mapping.footer import begin_of
from ready.suggest.mapping.propose import Mapping, propose
from ready.suggest.mapping.shape import NoText, Shape, read_shape
from ready.workspace.config_files import shipped_config

PATTERNS = ("*.csv", "*.txt", "*.tsv", "*")
UNMAPPED = 30  # names that are listed
MOST_PATHS = 3  # that a command to copy is written with
HEAD = "# yaml-language-server: $schema=../ready/configs_schema/orders.schema.json"


def suggest_mapping(paths: Sequence[str], configs: str | None = None) -> str:
    """An orders.yaml for these files, with the evidence for each line. configs: the folder that it is for.

    Raises UsageError for paths that are not there, CheckFailed when none of the files is a table.
    """
    shapes, refused, empty = _read(_files(paths))
    if not shapes:
        raise CheckFailed(
            "none of the files is a table of two columns or more"
            + "".join(f"\n  {text}" for text in [*refused, *empty]),
            hint="export the orders as CSV, with the names of the columns above them",
        )
    proposals = [(propose(group), group) for group in _by_columns(shapes)]
    mapping, group = max(proposals, key=lambda proposal: (proposal[0].found, len(proposal[1])))
    others = [shape for shape in shapes if shape not in group]
    notes = [f"Next: {next_step(paths, configs)}", *_left_out(others, refused, empty)]
    return _render(mapping, group, others, notes)


def next_step(paths: Sequence[str], configs: str | None = None) -> str:
    """The command that holds the mapping against the files."""
    data = paths if len(paths) <= MOST_PATHS else ["PATH"]
    folder = ["--configs", configs] if configs else []
    return one_line(
        shlex.join(["ready", "lint", *folder, *(part for path in data for part in ("--data", path))])
    )


def write_mapping(settings: Settings, text: str) -> Path:
    """Write it to the configs folder, where there is no orders.yaml or the one that comes along.

    Raises UsageError where a person has written one.
    """
    file = settings.configs / "orders.yaml"
    is_shipped = file == settings.product_dir / "configs" / "orders.yaml"
    if file.exists() and (is_shipped or not _is_untouched(settings, file)):
        raise UsageError(
            f"{file} is there already, and stays as it is",
            hint="without --write the proposal is printed; or name another folder with --configs",
        )
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return file


def _is_untouched(settings: Settings, file: Path) -> bool:
    return file.read_bytes() == shipped_config(settings, file.name).encode()


def read_tables(paths: Sequence[str]) -> tuple[list[Shape], list[str]]:
    """The largest group of files with the same columns, and what is to be said of the others.

    Raises UsageError for paths that are not there, CheckFailed when none of the files is a table.
    """
    shapes, refused, empty = _read(_files(paths))
    group = max(_by_columns(shapes), key=len, default=[])
    others = [shape for shape in shapes if shape not in group]
    notes = _left_out(others, refused, empty)
    if not group:
        raise CheckFailed(
            "\n  ".join(["none of the files is a table of two columns or more", *refused, *empty]),
            hint="export the rows as CSV, with the names of the columns above them",
        )
    return group, notes


def _files(paths: Sequence[str]) -> list[InputFile]:
    """Of a folder the CSV files, else others that may be some."""
    error: LoaderError | None = None
    for pattern in PATTERNS:
        try:
            return find_files(paths, pattern)
        except LoaderError as problem:
            error = error or problem
    assert error
    raise from_loader(error)


def _read(files: Sequence[InputFile]) -> tuple[list[Shape], list[str], list[str]]:
    """What the files hold, why others are not read, and which are empty."""
    shapes, refused, empty = [], [], []
    for file in files:
        try:
            shape = read_shape(file)
        except FileRefused as error:
            refused.append(one_line(error.message))
            continue
        except NoText:
            empty.append(f"{one_line(file.label)}: empty")
            continue
        if shape:
            shapes.append(shape)
        else:
            refused.append(f"{one_line(file.label)}: no table")
    return shapes, refused, empty


def _by_columns(shapes: Sequence[Shape]) -> list[list[Shape]]:
    """The files in groups of the same columns, in any order where a header names them."""
    groups: dict[tuple[str, ...], list[Shape]] = {}
    for shape in shapes:
        key = shape.columns if "names" in shape.settings else tuple(sorted(shape.columns))
        groups.setdefault(key, []).append(shape)
    return list(groups.values())


def _left_out(others: Sequence[Shape], refused: Sequence[str], empty: Sequence[str]) -> list[str]:
    """The files that the proposal says nothing of."""
    notes = []
    if others:
        left = ", ".join(shape.label for shape in others)
        notes.append(f"{CHECK}: left out, as other columns make another table: {left}")
    notes += [f"{CHECK}: not read: {text}" for text in refused]
    return notes + ([f"Not read: {', '.join(empty)}"] if empty else [])


def _render(mapping: Mapping, group: Sequence[Shape], others: Sequence[Shape], notes: Sequence[str]) -> str:
    """notes: lines for the head."""
    file = [Entry("source", "orders"), _pattern(group, others), *file_entries(group)]
    body = [line for entry in file for line in entry.lines(10)]
    meta = [line for entry in mapping.meta for line in replace(entry, key=f"{ALONE}{entry.key}").lines(8)]
    columns = [line for entry in mapping.columns for line in entry.lines(10)]
    lines = [
        *_intro(mapping, group, file, notes),
        "version: 2",
        "",
        "models:",
        "  - name: orders_mapped",
        "    description: The records, canonical columns as text. Ephemeral. One row per active raw event.",
        "    config:",
        "      meta:",
        f"        {ALONE}file:",
        *body,
        *meta,
        f"        {ALONE}columns:",
        *columns,
    ]
    return "\n".join(lines) + "\n"


def _intro(mapping: Mapping, group: Sequence[Shape], file: Sequence[Entry], more: Sequence[str]) -> list[str]:
    records = sum(len(shape.rows) for shape in group)
    names = ", ".join(shape.label for shape in group[:5]) + (
        f" and {len(group) - 5} more" if len(group) > 5 else ""
    )
    entries = [*file, *mapping.meta, *mapping.columns]
    checks = sum(text.startswith(CHECK) for entry in entries for text in entry.evidence)
    notes = [f"Proposed by ready suggest --mapping from {records:,} records of {names}."]
    if checks:
        notes.append(f"{checks} thing(s) that the files do not say are marked {CHECK}.")
    notes += more
    if mapping.unmapped:
        left = ", ".join(map(one_line, mapping.unmapped[:UNMAPPED]))
        rest = len(mapping.unmapped) - UNMAPPED
        notes.append(f"Not mapped: {left}" + (f" and {rest} more" if rest > 0 else ""))
    return [HEAD, *(line for text in notes for line in Entry("", "", (text,)).lines(0)[:-1])]


def _pattern(group: Sequence[Shape], others: Sequence[Shape]) -> Entry:
    """A glob for these files, by what their names begin with where others must not meet it."""
    names = [os.path.basename(shape.file.name) for shape in group]
    endings = {_ending(name) for name in names}
    glob = f"*{endings.pop()}" if len(endings) == 1 else "*"
    strangers = [os.path.basename(shape.file.name) for shape in others]
    if not any(fnmatchcase(name, glob) for name in strangers):
        return Entry("pattern", glob)
    beginning = _beginning([name.partition(".")[0] for name in names])
    if beginning and not any(fnmatchcase(name.lower(), beginning.lower() + glob) for name in strangers):
        return Entry("pattern", beginning + glob, ("without the files of other columns",))
    if len(names) > 1:
        note = f"{CHECK}: it means {strangers[0]} as well: keep the tables in folders of their own"
        return Entry("pattern", glob, (note,))
    glob = names[0]
    return Entry("pattern", glob, ("without the files of other columns",))


def _beginning(stems: Sequence[str]) -> str:
    """What all begin with but for dates and numbers, so that the next delivery does, too; empty for none."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*stems, strict=False))
    common = re.sub(r"[\d\W_]+$", "", "".join(letters[0] for letters in alike))
    is_whole = all(re.fullmatch(r"([\d\W_].*)?", stem[len(common) :]) for stem in stems)
    return common if is_whole and re.fullmatch(r"[\w -]*", common) else ""


def _ending(name: str) -> str:
    for packed in (".gz", ".zst", ".zip"):
        name = name.removesuffix(packed)
    return os.path.splitext(name)[1]


def file_entries(group: Sequence[Shape]) -> list[Entry]:
    """What the first file needs; where another needs something else, a note says so."""
    first = group[0]
    entries = []
    for key in dict.fromkeys(key for shape in group for key in shape.settings):
        holder = first if key in first.settings else next(s for s in group if key in s.settings)
        value = holder.settings[key]
        notes = [holder.evidence[key]] if key in holder.evidence else []
        is_pattern = key == "footer_lines" and isinstance(value, str)
        # A file without a footer loses nothing by a pattern.
        differing = [
            shape for shape in group if shape.settings.get(key, value if is_pattern else None) != value
        ]
        if differing:
            other = differing[0].settings.get(key)
            notes.append(f"{CHECK}: {differing[0].label} has {'none' if other is None else flow(other)}")
        if is_pattern and (met := next((s.label for s in group if _begins_with(s, str(value))), None)):
            notes.append(f"{CHECK}: records of {met} begin with it, and would be lost")
        entries.append(Entry(key, value, tuple(notes)))
    return entries


def _begins_with(shape: Shape, pattern: str) -> bool:
    """Whether a record does, as the loader looks for a footer."""
    delimiter = shape.settings.get("delimiter", ",")
    lines = (begin_of(delimiter.join(row.fields), delimiter) for row in shape.rows)
    return any(map(re.compile(pattern).match, lines))
