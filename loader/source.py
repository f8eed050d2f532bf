"""One opened CSV file: how it is read, its header, and the records that follow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from loader.blocks import BlockReader
from loader.detect import SAMPLE_BYTES, detect
from loader.encode import RecordEncoder, line_offset
from loader.errors import EmptyFile, FileRefused
from loader.options import LoadOptions
from loader.records import Record, RecordSplitter
from loader.spool import RejectSpool
from loader.streams import ByteStream
from loader.text import Transcoder, fault, mask, unmask


@dataclass(frozen=True)
class Header:
    """Column names in file order, and the line after the header."""

    columns: tuple[str, ...]
    next_line: int
    notes: tuple[str, ...]


class CsvSource:
    """Reads the header of a stream at once. Raises FileRefused when there is none that can be used."""

    def __init__(self, stream: ByteStream, options: LoadOptions) -> None:
        self.stream = stream
        self.options = options
        sample = _read_fully(stream, SAMPLE_BYTES)
        if not sample:
            raise EmptyFile(f"{stream.label} is empty", hint="a file needs at least a header line")
        self.format = detect(sample, options)
        self._pending = [sample]
        self._transcoder = Transcoder(self.format.encoding)
        self._reader = BlockReader(self._read, self.format, label=stream.label)
        self.header = self._read_header()

    def encoder(self, load_id: int, rejects: RejectSpool) -> RecordEncoder:
        return RecordEncoder(
            self._reader,
            self._transcoder,
            self.format,
            self.header.columns,
            load_id=load_id,
            first_line=self.header.next_line,
            rejects=rejects,
        )

    def _read(self, size: int) -> bytes:
        """More UTF-8; empty only at the end of the file."""
        while True:
            data = self._pending.pop() if self._pending else self.stream.read(size)
            text = self._transcoder.utf8(data, final=not data)
            if text or not data:
                return text

    def _read_header(self) -> Header:
        block = self._reader.block()
        while True:
            text = mask(self._transcoder.text(block), self.format.newline)
            splitter = RecordSplitter(text, self.format, first_line=1)
            records = iter(splitter)
            record = next(records, None)
            if record and record.line == 0 and record.fields == ["sep=", ""]:  # Excel's, for the delimiter
                record = next(records, None)
            if record:
                self._reader.put_back(block[line_offset(block, self.format.newline, splitter.line) :])
                return self._header(record, splitter.line + 1)
            if not splitter.open_lines:
                refused = EmptyFile if self._reader.is_at_end else FileRefused
                raise refused(
                    f"{self.stream.label} has only blank lines", hint="a file needs at least a header line"
                )
            block = self._reader.extend(block)
            if not block:
                line = splitter.line + splitter.open_lines
                raise self._refused(line, "a quote in the header is never closed")

    def _header(self, record: Record, next_line: int) -> Header:
        line = record.line + 1
        names = [unmask(field) for field in record.fields]
        problem = record.fault or next(filter(None, (fault(n, self.format.encoding) for n in names)), None)
        if problem:
            raise self._refused(line, f"the header cannot be read: {problem}")
        unnamed = [i for i, name in enumerate(names) if not name.strip()]
        for i in unnamed:
            names[i] = _free_name(f"column_{i + 1}", names)
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            raise self._refused(line, f"the header repeats {', '.join(map(repr, repeated))}")
        notes = tuple(f"column {i + 1} has no name in the header; stored as {names[i]}" for i in unnamed)
        return Header(tuple(names), next_line, notes)

    def _refused(self, line: int, problem: str) -> FileRefused:
        return FileRefused(
            f"{self.stream.label}, line {line}: {problem}",
            hint="correct the header in the file, or its --delimiter or --encoding, and load it again",
        )


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
