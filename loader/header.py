"""Where the header is and what its columns are called, and whether a line can be the header at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from loader.errors import FileRefused
from loader.format import Format
from loader.options import LoadOptions
from loader.records import Record, RecordSplitter
from loader.text import escaped, mask, unmask

SURVEYED = 200
# So many records below a line tell whether it names them.
COMPARED = 50
# How far down a header is looked for that the settings do not name.
FAR_DOWN = 100
SHOWN = 100
COMMENTS = ("#", "//", "--", "%", "!", "*", ";", "'")
INVISIBLE = "\ufeff\u200b\u2060"
DATE = re.compile(
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T,].*)?"
    r"|\d{1,2}[- .]+[^\W\d]{3,9}[- .,]+\d{2,4}\b.*|[^\W\d]{3,9}[- .]+\d{1,2}[-, ]+\d{2,4}\b.*"
)
NUMBER = re.compile(r"[-+(]?\s*([A-Z]{3}|[€$£¥])?\s*[-+]?\d[\d.,'’\s]*\s*([€$£¥%]|[A-Z]{3})?\)?-?")


def trimmed(name: str) -> str:
    """Without blanks of any width, tabs and marks around it."""
    return name.strip().strip(INVISIBLE).strip()


def from_header_on(text: str, newline: str, options: LoadOptions, label: str) -> tuple[int, str]:
    """How many lines are above the header that the settings name, and the text without them."""
    if options.header_line is None:
        return 0, text
    if isinstance(options.header_line, int):
        above = options.header_line - 1
        return above, text.split(newline, above)[-1] if text.count(newline) >= above else ""
    first_name = re.escape(trimmed(options.header_line))
    quote = re.escape(options.quote)
    ends = re.escape(options.delimiter) if options.delimiter else "[,;\t|]"
    header = re.compile(
        rf"^[^\S\n\r{INVISIBLE}]*[{INVISIBLE}]*{quote}?\s*{first_name}\s*{quote}?[^\S\n\r\t]*({ends}|$)"
    )
    for number, line in enumerate(text.split(newline)):
        is_comment = options.comment and line.startswith(options.comment)
        if not is_comment and header.match(line.rstrip("\r")):
            return number, text.split(newline, number)[-1]
    raise FileRefused(
        f"{label}: no line begins with the column {options.header_line}, as header_line says",
        hint="correct header_line: the header's line, or the name of its first column as the file has it",
    )


@dataclass(frozen=True)
class Survey:
    """The first records of a file, header included, those without a value left out.

    line: the physical line of the text's first one. records: with fields as the file has them.
    """

    label: str
    line: int
    records: tuple[Record, ...]
    raws: tuple[str, ...]
    options: LoadOptions
    delimiter: str

    @classmethod
    def of(cls, text: str, form: Format, line: int, options: LoadOptions, label: str) -> Survey:
        records = _first_records(mask(text, form.newline), form)
        found = [(record, raw) for record, raw in records if not is_empty(record.fields) or record.fault]
        if found and found[0][0].fields == ["sep=", ""]:  # Excel's, for the delimiter
            found = found[1:]
        return cls(
            label, line, tuple(r for r, _ in found), tuple(raw for _, raw in found), options, form.delimiter
        )

    @property
    def below(self) -> tuple[Record, ...]:
        return self.records[1:] if self.options.has_header else self.records

    def extra_fields(self, width: int) -> int:
        """How many empty fields most records have behind those of a header of `width` columns."""
        return self._most(lambda fields: len(fields) - width if not any(fields[width:]) else 0)

    def missing_fields(self, names: Sequence[str]) -> int:
        """How many names that are blank at the end of the header have no field in most records."""
        return self._most(lambda fields: len(names) - len(fields) if not any(names[len(fields) :]) else 0)

    def _most(self, number_of: Callable[[list[str]], int]) -> int:
        numbers = Counter(number_of(record.fields) for record in self.below if record.fields)
        number, count = max(numbers.items(), key=lambda item: item[1], default=(0, 0))
        return number if number > 0 and count * 2 > len(self.below) else 0

    def refuse_wrong_header(self) -> None:
        """Raises FileRefused where another line looks like the header, or none does."""
        if not self.records or self.options.header_line == 1:
            return
        if not self.options.has_header:
            self._refuse_header_as_data()
            return
        best, knows = self._known_names()
        if knows and best == 0:
            return
        found = best if knows else self._fitting_header() if self.options.header_line is None else 0
        if found:
            raise self._other_line(found)
        if self._begins_with_values():
            raise self._no_header()

    def _known_names(self) -> tuple[int, bool]:
        """The record that has most of the columns expected, and whether that means anything."""
        expected = _names_in_file(self.options)
        hits = [
            len(expected & {trimmed(unmask(field)) for field in record.fields})
            for record in self.records[: FAR_DOWN if expected else 1]
        ]
        best = hits.index(max(hits))
        return best, hits[best] >= (1 if best == 0 else 2)

    def _fitting_header(self) -> int:
        """A later record that the records below fit better than the first one; 0 if there is none."""
        first = self.records[0].fields
        blank = sum(not trimmed(field) for field in first)
        widths = Counter(len(record.fields) for record in self.below if len(record.fields) > 1)
        width, count = max(widths.items(), key=lambda item: item[1], default=(0, 0))
        if count * 2 <= widths.total():
            return 0
        if self._fits(first, width) and blank * 2 <= len(first):
            return 0
        for index, record in enumerate(self.records[1:FAR_DOWN], start=1):
            fields = record.fields
            if self._fits(fields, width) and _looks_like_header(fields, self.records[index + 1 :]):
                return index
        return 0

    def _fits(self, fields: Sequence[str], width: int) -> bool:
        """As many fields as the records below, but for delimiters at the end of either."""
        if len(fields) > width:
            return not any(map(trimmed, fields[width:]))
        return len(fields) == width or (len(fields) > 1 and self.extra_fields(len(fields)) > 0)

    def _begins_with_values(self) -> bool:
        """The first record has a date or an amount where those below have one, and nothing like a name."""
        first = self.records[0].fields
        if len(first) < 2 or any(_names_column(first, self.below, at) for at in range(len(first))):
            return False
        return any(
            _is_certain_value(field) and _share_of_values(self.below, at, default=1.0) > 0.5
            for at, field in enumerate(first)
        )

    def _other_line(self, index: int) -> FileRefused:
        line, first = self._line(index), self._line(0)
        mark = comment_mark(self.raws[:index], self.delimiter)
        if mark and any(raw.startswith(mark) for raw in self.raws[index + 1 :]):
            mark = None  # below the header it begins records, as the # of an order's number does
        name = trimmed(self.records[index].fields[0])
        wanted = f'comment: "{mark}"' if mark else f"header_line: {line}"
        others = (
            "" if mark or not name else f" (or header_line: {name}, its first column, where files differ)"
        )
        return FileRefused(
            f"{self.label}, line {first}: the records below do not fit this line;"
            f" line {line} looks like the header: {_shown(self.raws[index])}",
            hint=f"set file: {{{wanted}}} in orders.yaml{others}",
        )

    def _no_header(self) -> FileRefused:
        line = self._line(0)
        if self.options.header_line is not None:
            return FileRefused(
                f"{self.label}, line {line}, where header_line has the header, looks like values:"
                f" {_shown(self.raws[0])}",
                hint="correct header_line in orders.yaml; the name of the header's first column is found"
                " wherever the header is",
            )
        return FileRefused(
            f"{self.label}, line {line} looks like values, not like a header: {_shown(self.raws[0])}",
            hint="set file: {header: none, names: [...]} in orders.yaml, with a name for each of the"
            f" {len(self.records[0].fields)} columns; or header_line: {line} if this is the header",
        )

    def _refuse_header_as_data(self) -> None:
        self._refuse_other_width()
        names = [name.casefold() for name in self.options.names or ()]
        first = [trimmed(unmask(field)).casefold() for field in self.records[0].fields]
        if names == first[: len(names)]:
            raise FileRefused(
                f"{self.label}, line {self._line(0)} is the header that names has",
                hint="leave header: none out of file in orders.yaml",
            )

    def _refuse_other_width(self) -> None:
        width = len(self.options.names or ())
        fields, count = Counter(len(record.fields) for record in self.records).most_common(1)[0]
        if count * 2 > len(self.records) and fields != width + self.extra_fields(width):
            raise FileRefused(
                f"{self.label}: its records have {fields} fields, names in orders.yaml {width}",
                hint="give each column of the file a name, or name its --delimiter",
            )

    def _line(self, index: int) -> int:
        return self.line + self.records[index].line


def _first_records(text: str, form: Format) -> list[tuple[Record, str]]:
    """With their text; a quote that is never closed costs its line, as it does when the file is read."""
    records: list[tuple[Record, str]] = []
    line = at = 0
    while at < len(text) and len(records) < SURVEYED:
        splitter = RecordSplitter(text[at:], form, 1)
        found = islice(splitter, SURVEYED - len(records))
        records += [(record._replace(line=line + record.line), splitter.raw(record)) for record in found]
        if not splitter.open_lines:
            break
        lines = text[at + splitter.at :].split(form.newline, splitter.open_lines)
        line += splitter.line + splitter.open_lines
        at = len(text) - len(lines[-1]) if len(lines) > splitter.open_lines else len(text)
    return records


def is_empty(fields: Sequence[str]) -> bool:
    """A record that holds nothing but delimiters, or one blank field."""
    return not any(fields) or (len(fields) == 1 and not trimmed(fields[0]))


def comment_mark(raws: Iterable[str], delimiter: str) -> str | None:
    """What lines that are no records all begin with, such as `#`."""
    lines = tuple(raws)
    marks = (mark for mark in COMMENTS if mark != delimiter and all(line.startswith(mark) for line in lines))
    return next(marks, None) if lines else None


def _names_in_file(options: LoadOptions) -> set[str]:
    """The columns expected as the file's header has them, before names are put in their place."""
    if not isinstance(options.names, Mapping):
        return set() if options.names else {trimmed(name) for name in options.expected_columns}
    old = {new: before for before, new in options.names.items()}
    return {trimmed(old.get(name, name)) for name in options.expected_columns}


def _looks_like_header(fields: Sequence[str], below: Sequence[Record]) -> bool:
    names = [trimmed(field) for field in fields]
    while names and not names[-1]:
        names.pop()
    if len(names) < 2 or not all(names) or any(map(_is_value, names)):
        return False
    return any(_names_column(fields, below, at) for at in range(len(names)))


def _names_column(first: Sequence[str], below: Sequence[Record], at: int) -> bool:
    """A text above values."""
    is_name = bool(trimmed(first[at])) and not _is_value(first[at])
    return is_name and _share_of_values(below, at, default=0.0) > 0.5


def _share_of_values(below: Sequence[Record], at: int, *, default: float) -> float:
    """The share of dates and numbers among what is filled in a column."""
    fields = [record.fields[at] for record in below[:COMPARED] if at < len(record.fields)]
    filled = [field for field in fields if field.strip()]
    return sum(map(_is_value, filled)) / len(filled) if filled else default


def _is_value(text: str) -> bool:
    text = text.strip()
    return bool(NUMBER.fullmatch(text) or DATE.fullmatch(text))


def _is_certain_value(text: str) -> bool:
    """Not a year or a short number, which may be the name of a column."""
    text = text.strip()
    digits = sum(map(str.isdigit, text))
    return bool(DATE.fullmatch(text)) or bool(
        NUMBER.fullmatch(text) and (digits > 4 or re.search(r"\d[.,]\d", text))
    )


def _shown(raw: str) -> str:
    text = escaped(raw).splitlines()[0] if raw.strip() else ""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
