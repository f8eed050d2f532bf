"""How a file is laid out: what is above the header and below the records, and which mark parts fields."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

from loader.detect import DELIMITERS, SAMPLE_BYTES, detect
from loader.files import InputFile
from loader.options import LoadOptions
from loader.text import Transcoder
from ready.rendering.terminal import one_line
from ready.suggest.mapping.footer import count_footer, footer_pattern
from ready.suggest.mapping.numbers import read_numbers
from ready.suggest.mapping.times import read_times

RECORDS = 1000
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
SHOWN = 60


class Row(NamedTuple):
    """One record: the line where it begins, and its fields without blanks around them."""

    line: int
    fields: list[str]

    @property
    def is_blank(self) -> bool:
        return not any(self.fields)


@dataclass(frozen=True)
class Shape:
    """settings: what `file:` has to say, each with its evidence. columns: names as they are mapped."""

    file: InputFile
    settings: dict[str, Any]
    evidence: dict[str, str]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def label(self) -> str:
        return one_line(self.file.name)


class NoText(Exception):
    """A file of no bytes, or of blank lines."""


def read_shape(file: InputFile) -> Shape | None:
    """The layout of a file from its first megabyte; None where no table is found.

    Raises FileRefused for a file that cannot be read, NoText for one that says nothing.
    """
    text, encoding, guess, is_all = _read_text(file)
    if not text.strip():
        raise NoText
    delimiter, rows, width = max((_split(text, mark) for mark in DELIMITERS), key=_regularity)
    body = [row for row in rows if not row.is_blank]
    at = next((n for n, row in enumerate(body) if _is_header(row, width)), None)
    if width < 2 or at is None:
        return None
    settings: dict[str, Any] = {}
    evidence: dict[str, str] = {}
    if delimiter != ",":
        settings["delimiter"] = delimiter
        evidence["delimiter"] = (
            f"{NAMES[delimiter]}s part the {width} fields of {_modal(rows, width)} records"
        )
    if encoding != "utf-8":
        settings["encoding"] = encoding
        evidence["encoding"] = (
            "CHECK: a guess, look at the letters beyond ASCII" if guess else "as the file's first bytes say"
        )
    header, data = body[at], body[at + 1 :]
    above = [row for row in rows if row.line < header.line]
    if above and not _says_delimiter(above):
        _tell_above(above, header, data, settings, evidence)
    if _is_data(header, data):
        data = [header, *data]
        names = tuple(f"column_{n + 1}" for n in range(len(header.fields)))
        settings["header"], settings["names"] = "none", list(names)
        evidence["header"] = (
            f"CHECK: line {header.line} looks like values, not names: rename the columns here"
        )
    else:
        names = _names(header.fields, settings, evidence)
    if is_all:
        data = _without_footer(data, width, text.split("\n"), settings, evidence)
    data = [
        row for row in data if len(row.fields) >= min(width, len(names)) and not _is_comment(row, settings)
    ]
    return Shape(file, settings, evidence, names, tuple(data[:RECORDS]))


def _read_text(file: InputFile) -> tuple[str, str, bool, bool]:
    """The first megabyte in whole lines; its encoding; whether that is a guess; whether it is all."""
    with closing(file.open()) as stream:
        sample = b""
        while len(sample) < SAMPLE_BYTES and (more := stream.read(SAMPLE_BYTES - len(sample))):
            sample += more
        is_all = not stream.read(1)
    found = detect(sample, LoadOptions(), file.label).format
    decoder = Transcoder(found.encoding)
    text = decoder.text(decoder.utf8(sample, final=is_all))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if not is_all:
        text = text[: text.rfind("\n") + 1]
    return text, found.encoding, found.is_guess, is_all


def _split(text: str, delimiter: str) -> tuple[str, list[Row], int]:
    """The records that a delimiter gives, and how many fields most of them have."""
    rows = list(itertools.islice(_rows(text, delimiter), RECORDS * 10))
    widths = Counter(len(row.fields) for row in rows if len(row.fields) > 1 and not row.is_blank)
    return delimiter, rows, max(widths, key=lambda width: (widths[width], width), default=1)


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    blank_before_quotes = text.count(f'{delimiter} "') > text.count("\n")
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=blank_before_quotes)
    line = 1
    try:
        for fields in reader:
            if fields:
                yield Row(line, [field.strip() for field in fields])
            line = reader.line_num + 1
    except csv.Error:  # a field of more than the module's limit
        return


def _regularity(split: tuple[str, list[Row], int]) -> tuple[float, int]:
    _, rows, width = split
    return (_modal(rows, width) * min(width, 4) if width > 1 else 0, width)


def _modal(rows: Sequence[Row], width: int) -> int:
    return sum(len(row.fields) == width for row in rows)


def _is_header(row: Row, width: int) -> bool:
    """As wide as the records, a delimiter at the end of either apart, and with a name almost everywhere."""
    fields = row.fields
    while len(fields) > width and not fields[-1]:
        fields = fields[:-1]
    named = sum(map(bool, fields))
    return width - 1 <= len(fields) <= width and named >= max(2, 0.8 * len(fields) - 1)


def _says_delimiter(above: Sequence[Row]) -> bool:
    return len(above) == 1 and above[0].fields[0].startswith("sep=")


def _tell_above(
    above: Sequence[Row],
    header: Row,
    data: Sequence[Row],
    settings: dict[str, Any],
    evidence: dict[str, str],
) -> None:
    """data: the rows below the header. What these begin with, as with #1001, is no mark of comments."""
    notes = [row for row in above if not row.is_blank]
    is_comment = notes and all(row.fields[0].startswith("#") for row in notes)
    if is_comment and not any(
        row.fields[0].startswith("#") and len(row.fields) >= len(header.fields) for row in data
    ):
        settings["comment"] = "#"
        evidence["comment"] = (
            f"{len(notes)} line(s) above the header begin with it, such as: {_shown(notes[0])}"
        )
        return
    name = header.fields[0]
    settings["header_line"] = name if name and not name.isdigit() else header.line
    place = f", below {_shown(notes[0])}" if notes else ", below a line without names"
    evidence["header_line"] = f"the header is in line {header.line}{place}"


def _shown(row: Row) -> str:
    text = one_line(" ".join(filter(None, row.fields)))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _is_data(header: Row, data: Sequence[Row]) -> bool:
    """A first line of values: it has numbers or times where all others have them too."""
    typed = hits = 0
    for n, name in enumerate(header.fields):
        texts = [row.fields[n] for row in data[:100] if n < len(row.fields) and row.fields[n]]
        reader = next((read for read in (read_times, read_numbers) if texts and read(texts)), None)
        if reader:
            typed += 1
            hits += bool(name and reader([name]))
    return bool(typed) and hits * 2 > typed


def _names(fields: Sequence[str], settings: dict[str, Any], evidence: dict[str, str]) -> tuple[str, ...]:
    """As the loader stores them: without blanks around, unnamed and repeated ones numbered."""
    names: list[str] = []
    repeated: list[str] = []
    for n, field in enumerate(fields):
        name = field or f"column_{n + 1}"
        if name in names:
            repeated.append(name)
            number = 2
            while f"{name}_{number}" in names:
                number += 1
            name = f"{name}_{number}"
        names.append(name)
    if repeated:
        settings["repeated_names"] = "number"
        shown = ", ".join(map(one_line, repeated))
        second = f"{one_line(repeated[0])}_2"
        evidence["repeated_names"] = (
            f"CHECK: the header repeats {shown}: the second is {second}; which one counts?"
        )
    return tuple(names)


def _without_footer(
    data: list[Row], width: int, lines: Sequence[str], settings: dict[str, Any], evidence: dict[str, str]
) -> list[Row]:
    """lines: those of the file. A pattern takes away nothing of a file that has no footer; a count does."""
    count = count_footer([row.fields for row in data], width)
    if not count:
        return data
    first = data[-count]
    records = lines[data[0].line - 1 : first.line - 1]
    pattern = footer_pattern(lines[first.line - 1], settings.get("delimiter", ","), records)
    settings["footer_lines"] = pattern or count
    evidence["footer_lines"] = f"the file ends in {count} line(s) that are no record: {_shown(first)}"
    if pattern is None:
        evidence["footer_lines"] = (
            f"CHECK: {evidence['footer_lines']}; no text distinguishes them from records, and of a file "
            "without them as many orders would be lost: a text that the first begins with is safer"
        )
    return data[:-count]


def _is_comment(row: Row, settings: dict[str, Any]) -> bool:
    return "comment" in settings and row.fields[0].startswith("#")
