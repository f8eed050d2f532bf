"""Blocks of CSV to lines for COPY: a fast path for clean blocks, a careful one for the rest.

Both give the same: `load_id`, tab, `line_number`, tab, the record as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

import orjson

from loader.blocks import BlockReader
from loader.clean import Batch, CleanBlocks, jsonb_order
from loader.errors import FileRefused
from loader.format import Format
from loader.header import is_empty
from loader.records import Record, RecordSplitter
from loader.results import Reject
from loader.spool import RejectSpool
from loader.text import Transcoder, escaped, fault, mask, unmask


class RecordEncoder:
    """Turns the blocks after the header into batches for COPY; what cannot be stored goes to `rejects`."""

    def __init__(
        self,
        reader: BlockReader,
        transcoder: Transcoder,
        form: Format,
        columns: tuple[str, ...],
        *,
        load_id: int,
        first_line: int,
        rejects: RejectSpool,
        extra: int = 0,
        asked: tuple[str, ...] = (),
        label: str = "",
    ) -> None:
        self._reader = reader
        self._transcoder = transcoder
        self._format = form
        self._columns = columns
        order = jsonb_order(columns)
        self._keys = [columns[index] for index in order]
        self._ordered = itemgetter(*order) if len(order) > 1 else tuple
        self._load_id = load_id
        self._line = first_line
        self._rejects = rejects
        self._extra = extra
        self._label = label
        self._asked = tuple(columns.index(name) for name in asked if form.is_guess and name in columns)
        self._clean = CleanBlocks(columns, form, load_id, extra=extra, asked=self._asked)
        self._comments = self._empty = self._first_empty = 0
        self._first_swallowed = 0

    def notes(self) -> Iterator[str]:
        """What of the file, as far as it is read, was no record, and no reject either."""
        if self._comments:
            yield f"{self._comments:,} comment line(s) left out"
        if self._empty:
            yield f"{self._empty:,} record(s) without any value left out, first at line {self._first_empty}"
        if self._first_swallowed:
            yield (
                f"line {self._first_swallowed}: a value goes over lines that look like records of their own;"
                " is a quote left open there?"
            )

    @property
    def left_out(self) -> bool:
        return bool(self._comments or self._empty)

    def batches(self) -> Iterator[Batch]:
        block = self._reader.block()
        while block:
            batch = self._clean.encode(block, self._line)
            if batch:
                self._line += batch.rows
                yield batch
                block = self._reader.block()
                continue
            batch, begun, head = self._careful(block)
            yield batch
            block = self._reader.extend(begun) if begun else b""
            if begun and not block:
                self._give_up(begun, head)
            block = block or self._reader.block()

    def _careful(self, block: bytes) -> tuple[Batch, bytes, int]:
        """The batch, the bytes of a record that is not complete, and its lines up to the open quote."""
        newline = self._format.newline
        text = mask(self._transcoder.text(block), newline)
        splitter = RecordSplitter(text, self._format, self._line)
        out: list[bytes] = []
        for record in splitter:
            if row := self._row(record, splitter):
                out.append(row)
        self._line += splitter.line
        self._comments += splitter.comments
        if not splitter.open_lines:
            return Batch(b"".join(out), len(out)), b"", 0
        begun = block[line_offset(block, newline, splitter.line) :]
        return Batch(b"".join(out), len(out)), begun, splitter.open_lines

    def _row(self, record: Record, splitter: RecordSplitter) -> bytes | None:
        """The record as a line for COPY, or None once it is rejected."""
        line = self._line + record.line
        fields = record.fields
        reason = record.fault
        if reason is None and len(self._columns) > 1 and is_empty(fields):
            self._empty += 1
            self._first_empty = self._first_empty or line
            return None
        if reason is None and (self._extra or len(fields) != len(self._columns)):
            fields, reason = self._without_extra(fields)
            if reason and self._swallows_records(fields):
                record = splitter.reread(record)
                reason = f"{reason}; a quote is left open"
        if reason is None and not self._first_swallowed and self._swallows_records(fields):
            self._first_swallowed = line
        if reason is None:
            try:
                return self._copy_line(line, fields)
            except TypeError:  # lone surrogates: masked line ends, or bytes that are no text
                fields = [unmask(field) for field in fields]
                reason = self._fault(fields)
                if reason is None:
                    return self._copy_line(line, fields)
        self._rejects.add(Reject(line, reason, escaped(splitter.raw(record))))
        return None

    def _swallows_records(self, fields: list[str]) -> bool:
        """A line within a value has the delimiters of a whole record, of three fields or more."""
        delimiters, newline = len(self._columns) - 1, self._format.newline
        return delimiters > 1 and any(
            line.count(self._format.delimiter) in (delimiters, delimiters + self._extra)
            for field in fields
            if newline in field
            for line in field.split(newline)[1:]
        )

    def _without_extra(self, fields: list[str]) -> tuple[list[str], str | None]:
        """The columns' fields without the empty ones that the file has behind them, or what is wrong.

        A record that lacks those is one of its columns short, unless its last column is filled.
        """
        width = len(self._columns)
        if self._extra and len(fields) == width + self._extra and not any(fields[width:]):
            return fields[:width], None
        if self._extra and len(fields) == width and fields[-1]:
            return fields, None
        wanted = f"{width} and {_count(self._extra, 'empty one')}" if self._extra else f"{width}"
        return fields, f"{_count(len(fields), 'field')}, expected {wanted}"

    def _copy_line(self, line: int, fields: list[str]) -> bytes:
        """Raises TypeError when a field holds a lone surrogate, FileRefused for a key that is a guess."""
        for index in self._asked:
            if not fields[index].isascii():
                raise self._guessed_key(line, index, fields[index])
        payload = orjson.dumps(dict(zip(self._keys, self._ordered(fields), strict=True)))
        if b"\\" in payload:
            payload = payload.replace(b"\\", b"\\\\")
        return b"%d\t%d\t%b\n" % (self._load_id, line, payload)

    def _guessed_key(self, line: int, index: int, value: str) -> FileRefused:
        encoding = self._format.encoding
        return FileRefused(
            f"{self._label}, line {line}: {self._columns[index]} reads {escaped(value)} in {encoding},"
            " which is only a guess; a key must not be misread",
            hint=f"set file: {{encoding: {encoding}}} in orders.yaml if it reads rightly, else the encoding"
            " that the file has; or export it as UTF-8",
        )

    def _fault(self, fields: list[str]) -> str | None:
        for column, field in zip(self._columns, fields, strict=True):
            if reason := fault(field, self._format.encoding):
                return f"{reason} (column {column})"
        return None

    def _give_up(self, begun: bytes, head: int) -> None:
        """Reject the lines up to the one whose quote is never closed; read on with the next."""
        stop = line_offset(begun, self._format.newline, head)
        text = mask(self._transcoder.text(begun[:stop]), self._format.newline)
        reason = f"the quote that opened in line {self._line + head - 1} is never closed"
        self._rejects.add(Reject(self._line, reason, escaped(text)))
        self._line += head
        self._reader.put_back(begun[stop:])


def line_offset(data: bytes, newline: str, lines: int) -> int:
    """Where the line after the first `lines` lines begins."""
    at = 0
    for _ in range(lines):
        found = data.find(newline.encode(), at)
        at = found + 1 if found >= 0 else len(data)
    return at


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
