"""One opened CSV file: how it is read, its header, and the records that follow."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loader.blocks import BlockReader
from loader.detect import SAMPLE_BYTES, detect
from loader.encode import RecordEncoder, line_offset
from loader.errors import EmptyFile, FileRefused
from loader.footer import FooterCut
from loader.header import Survey, is_empty, trimmed
from loader.options import LoadOptions
from loader.records import Record, RecordSplitter
from loader.spool import RejectSpool
from loader.streams import ByteStream
from loader.text import Transcoder, fault, mask, unmask


@dataclass(frozen=True)
class Header:
    """Column names in file order, the line after the header, and what was done about it.

    extra: how many empty fields the records have behind these columns. has_above: above it are
    lines that are left out.
    """

    columns: tuple[str, ...]
    next_line: int
    notes: tuple[str, ...]
    extra: int = 0
    has_above: bool = False


class CsvSource:
    """Reads the header of a stream at once. Raises FileRefused when there is none that can be used."""

    def __init__(self, stream: ByteStream, options: LoadOptions) -> None:
        self.stream = stream
        self.options = options
        sample = _read_fully(stream, SAMPLE_BYTES)
        if not sample:
            raise EmptyFile(f"{stream.label} is empty", hint="a file needs at least a header line")
        if len(sample) < SAMPLE_BYTES and _is_blank(sample):
            raise self._blank()
        detected = detect(sample, options, stream.label)
        self.format = detected.format
        self._lines_above = detected.lines_above
        self._survey = Survey.of(detected.text, self.format, detected.lines_above + 1, options, stream.label)
        self._survey.refuse_wrong_header()
        self._pending = [sample]
        self._transcoder = Transcoder(self.format.encoding)
        self._reader = BlockReader(self._read, self.format, label=stream.label)
        self._skip_lines(detected.lines_above)
        self.header = self._read_header() if options.has_header else self._named()
        self._footer = self._cut_footer()

    def notes(self) -> Iterator[str]:
        """What detection was not certain of, and what was taken for no data; complete at the end."""
        yield from self.format.notes
        yield from self.header.notes
        if self._footer:
            yield from self._footer.notes

    @property
    def left_out(self) -> bool:
        """Whether lines above the header or of a footer are no data; complete at the end."""
        return self.header.has_above or (self._footer is not None and self._footer.is_found)

    def encoder(self, load_id: int, rejects: RejectSpool) -> RecordEncoder:
        return RecordEncoder(
            self._reader,
            self._transcoder,
            self.format,
            self.header.columns,
            load_id=load_id,
            first_line=self.header.next_line,
            rejects=rejects,
            extra=self.header.extra,
            asked=self.options.key_columns,
            label=self.stream.label,
        )

    def _read(self, size: int) -> bytes:
        """More UTF-8; empty only at the end of the file."""
        while True:
            data = self._pending.pop() if self._pending else self.stream.read(size)
            text = self._transcoder.utf8(data, final=not data)
            if text or not data:
                return text

    def _skip_lines(self, lines: int) -> None:
        newline = self.format.newline
        while lines and (block := self._reader.block()):
            whole = block.count(newline.encode())
            if whole > lines or (whole == lines and block.endswith(newline.encode())):
                self._reader.put_back(block[line_offset(block, newline, lines) :])
                return
            lines -= whole
        if lines:
            raise self._too_short()

    def _too_short(self) -> FileRefused:
        return FileRefused(
            f"{self.stream.label} has no line {self.options.header_line}, where its header would be",
            hint="correct header_line in orders.yaml",
        )

    def _cut_footer(self) -> FooterCut | None:
        """Reads on without the footer, where the settings tell of one."""
        if self.options.footer_lines is None:
            return None
        cut = FooterCut(
            self._reader.block,
            self.options.footer_lines,
            line=self.header.next_line,
            newline=self.format.newline,
            marks=self.format.delimiter + self.format.quote,
            text=self._transcoder.text,
            is_record=self._reads_like_a_record,
            label=self.stream.label,
        )
        self._reader = BlockReader(cut.read, self.format, label=self.stream.label)
        return cut

    def _reads_like_a_record(self, line: str) -> bool:
        """It has the keys, and most of what is mapped; a total or a count has neither."""
        try:
            fields: list[str] = next(self.format.reader([line]), [])
        except csv.Error:
            return False
        filled = {name for name, field in zip(self.header.columns, fields, strict=False) if trimmed(field)}
        mapped = {name for name in self.options.expected_columns if name in self.header.columns}
        return filled >= {*self.options.key_columns} and 2 * len(filled & mapped) > len(mapped) > 0

    def _named(self) -> Header:
        """The header that the settings have for a file without one."""
        names = tuple(self.options.names or ())
        extra = self._survey.extra_fields(len(names))
        return Header(names, 1, tuple(_extra_note(extra)), extra)

    def _read_header(self) -> Header:
        block = self._reader.block()
        while True:
            text = mask(self._transcoder.text(block), self.format.newline)
            splitter = RecordSplitter(text, self.format, self._lines_above + 1)
            record, empty = _first_record(splitter)
            if record:
                self._reader.put_back(block[line_offset(block, self.format.newline, splitter.line) :])
                return self._header(record, self._lines_above + splitter.line + 1, empty, splitter.comments)
            if not splitter.open_lines and self._reader.is_at_end:
                raise self._blank()
            more = self._reader.extend(block) if splitter.open_lines else block + self._reader.block()
            if not more:
                line = self._lines_above + splitter.line + splitter.open_lines
                raise self._refused(line, "a quote in the header is never closed")
            block = more

    def _header(self, record: Record, next_line: int, empty: int, comments: int) -> Header:
        line = self._lines_above + record.line + 1
        given = [unmask(field) for field in record.fields]
        problem = record.fault or next(filter(None, (fault(n, self.format.encoding) for n in given)), None)
        if problem:
            raise self._refused(line, f"the header cannot be read: {problem}")
        names = [trimmed(name) for name in given]
        notes = [*self._notes_above(empty, comments), *_trim_note(given, names)]
        if missing := self._survey.missing_fields(names):
            names = names[: len(names) - missing]
            notes.append(
                f"the header ends with {missing} delimiter(s) more than the records: taken as no column"
            )
        unnamed = [] if isinstance(self.options.names, tuple) else [i for i, n in enumerate(names) if not n]
        for i in unnamed:
            names[i] = _free_name(f"column_{i + 1}", names)
        notes += [f"column {i + 1} has no name in the header; stored as {names[i]}" for i in unnamed]
        names = self._renamed(line, self._numbered(names, notes), notes)
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            raise self._repeats(line, repeated)
        extra = self._survey.extra_fields(len(names))
        has_above = bool(self._lines_above or comments or empty)
        return Header(tuple(names), next_line, (*notes, *_extra_note(extra)), extra, has_above)

    def _notes_above(self, empty: int, comments: int) -> Iterator[str]:
        if self._lines_above:
            yield f"{self._lines_above:,} line(s) above the header left out"
        if comments:
            yield f"{comments:,} comment line(s) above the header left out"
        if empty:
            yield f"{empty:,} line(s) without any value above the header left out"

    def _numbered(self, names: list[str], notes: list[str]) -> list[str]:
        """With `repeated_names: number`, the second `amount` is amount_2."""
        if not self.options.repeated_names:
            return names
        numbered: list[str] = []
        for name in names:
            number, new = 1, name
            while new in numbered or (number > 1 and new in names):
                number += 1
                new = f"{name}_{number}"
            numbered.append(new)
        renamed = [f"{old} is {new}" for old, new in zip(names, numbered, strict=True) if old != new]
        if renamed:
            notes.append(f"names that come again in the header are numbered: {', '.join(renamed)}")
        return numbered

    def _renamed(self, line: int, names: list[str], notes: list[str]) -> list[str]:
        """The names that the settings put in place of the header's."""
        new = self.options.names
        if isinstance(new, Mapping):
            old_names = {trimmed(old): name for old, name in new.items()}
            if absent := [old for old in old_names if old not in names]:
                notes.append(f"names renames what the header does not have: {', '.join(absent)}")
            return [old_names.get(name, name) for name in names]
        if not new:
            return names
        if len(new) != len(names):
            raise FileRefused(
                f"{self.stream.label}, line {line}: the header has {len(names)} columns, names in orders.yaml"
                f" {len(new)}",
                hint="name each column, or rename some of them with names: {old: new}",
            )
        moved = [name for at, name in enumerate(names) if name in new and new.index(name) != at]
        if moved:
            raise FileRefused(
                f"{self.stream.label}, line {line}: names gives {', '.join(moved)} to another column than the"
                " header",
                hint="put names in orders.yaml into the order of the file's columns",
            )
        return list(new)

    def _repeats(self, line: int, repeated: list[str]) -> FileRefused:
        name = repeated[0]
        return FileRefused(
            f"{self.stream.label}, line {line}: the header repeats {', '.join(map(repr, repeated))}",
            hint=f"set file: {{repeated_names: number}} in orders.yaml: the second {name} becomes {name}_2",
        )

    def _blank(self) -> EmptyFile:
        return EmptyFile(
            f"{self.stream.label} has only blank lines", hint="a file needs at least a header line"
        )

    def _refused(self, line: int, problem: str) -> FileRefused:
        return FileRefused(
            f"{self.stream.label}, line {line}: {problem}",
            hint="correct the header in the file, or its --delimiter or --encoding, and load it again",
        )


def _first_record(splitter: RecordSplitter) -> tuple[Record | None, int]:
    """The first record that holds anything, and how many did not."""
    empty = 0
    for record in splitter:
        is_delimiter_line = record.line == 0 and record.fields == ["sep=", ""]  # Excel's
        if record.fault or not (is_delimiter_line or is_empty([*map(trimmed, record.fields)])):
            return record, empty
        empty += not is_delimiter_line
    return None, empty


def _trim_note(given: list[str], names: list[str]) -> Iterator[str]:
    cut = [name for old, name in zip(given, names, strict=True) if name and name != old]
    if cut:
        yield f"blanks around {len(cut)} name(s) in the header cut off: {', '.join(cut)}"


def _extra_note(extra: int) -> Iterator[str]:
    if extra:
        yield f"records end with {extra} delimiter(s) more than the header: taken as no column"


def _is_blank(data: bytes) -> bool:
    """Nothing but white space, behind a byte order mark or none."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data[2:].replace(b"\0", b"")
    return not data.removeprefix(codecs.BOM_UTF8).strip()


def _free_name(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _read_fully(stream: ByteStream, size: int) -> bytes:
    """`size` bytes unless the file ends before; a pipe gives fewer at a time."""
    pieces = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
