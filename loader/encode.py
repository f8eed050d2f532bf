"""Blocks of CSV to lines for COPY: a fast path for clean blocks, a careful one for the rest.

Both give the same: `load_id`, tab, `line_number`, tab, the record as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

import orjson

from loader.blocks import BlockReader
from loader.clean import Batch, CleanBlocks, jsonb_order
from loader.format import Format
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
        self._clean = CleanBlocks(columns, form, load_id)

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
        if not splitter.open_lines:
            return Batch(b"".join(out), len(out)), b"", 0
        begun = block[line_offset(block, newline, splitter.line) :]
        return Batch(b"".join(out), len(out)), begun, splitter.open_lines

    def _row(self, record: Record, splitter: RecordSplitter) -> bytes | None:
        """The record as a line for COPY, or None once it is rejected."""
        line = self._line + record.line
        fields = record.fields
        reason = record.fault
        if reason is None and len(fields) != len(self._columns):
            reason = f"{_count(len(fields), 'field')}, expected {len(self._columns)}"
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

    def _copy_line(self, line: int, fields: list[str]) -> bytes:
        """Raises TypeError when a field holds a lone surrogate."""
        payload = orjson.dumps(dict(zip(self._keys, self._ordered(fields), strict=True)))
        if b"\\" in payload:
            payload = payload.replace(b"\\", b"\\\\")
        return b"%d\t%d\t%b\n" % (self._load_id, line, payload)

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
