"""The fast path: one scan proves a block clean, then splitting and joining put JSON around it.

A block is clean when it is UTF-8 without backslashes and control characters, every line has the
header's number of fields, and each column is either never quoted or always, without quotes inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from loader.format import Format


@dataclass(frozen=True)
class Batch:
    """Lines for COPY, and how many."""

    data: bytes
    rows: int


class CleanBlocks:
    """Encodes clean blocks of one file; of others it says so.

    extra: how many empty fields each record has behind its columns. asked: columns that must be ASCII.
    """

    def __init__(
        self,
        columns: tuple[str, ...],
        form: Format,
        load_id: int,
        *,
        extra: int = 0,
        asked: tuple[int, ...] = (),
    ) -> None:
        self._delimiter = form.delimiter.encode()
        self._newline = form.newline.encode()
        self._width = len(columns) + extra
        self._extra = extra
        self._asked = asked
        self._blank = form.delimiter.encode() + b" " if form.skip_blanks else b""
        self._comment = form.comment.encode()
        self._order = jsonb_order(columns)
        first, *others = (orjson.dumps(columns[index]).replace(b"\\", b"\\\\") for index in self._order)
        # A row is: start, line number, before, field, between, field, ..., field.
        # The start also ends the row before it.
        self._start = b'"}\n%d\t' % load_id
        self._before = b"\t{" + first + b':"'
        self._between = [b'",' + name + b':"' for name in others]
        self._pieces: list[bytes] = []
        self._pieces_rows = 0
        self._quote = form.quote.encode()
        marks = (form.delimiter + form.newline + form.quote + form.escape).encode()
        special = {*b'"\\', *range(0x20), *marks}
        self._harmless = bytes(byte for byte in range(256) if byte not in special)

    def encode(self, block: bytes, first_line: int) -> Batch | None:
        """The block as a batch, or None when it is not clean."""
        if not block.endswith(self._newline):
            block += self._newline
        end = b"\r\n" if self._newline == b"\n" and b"\r\n" in block else self._newline
        if self._comment and (block.startswith(self._comment) or self._newline + self._comment in block):
            return None
        if self._blank:
            block = block.replace(self._blank, self._delimiter)
            if self._blank in block or block.startswith(b" ") or self._newline + b" " in block:
                return None
        rows = block.count(self._newline)
        quoted = self._quoted_columns(block, end, rows)
        if quoted is None or not _is_utf8(block):
            return None
        fields = block.replace(end, self._delimiter).split(self._delimiter)
        columns = [fields[index : -1 : self._width] for index in range(len(self._order))]
        for index in quoted:
            bare = _without_quotes(columns[index], self._quote)
            if bare is None:
                return None
            columns[index] = bare
        if len(columns) > 1 and b"" in columns[0] and self._has_empty_row(block, end, quoted):
            return None  # a line without a value is not a record either
        if not all(b"".join(columns[index]).isascii() for index in self._asked):
            return None
        return Batch(self._joined(columns, rows, first_line), rows)

    def _quoted_columns(self, block: bytes, end: bytes, rows: int) -> list[int] | None:
        """Which columns have two quotes in every line; None when the lines are not all alike."""
        if len(self._order) == 1 and (block.startswith(end) or end + end in block):
            return None  # a blank line is not a record
        if block.count(end) != rows:
            return None  # some lines end in \r\n, others have the two apart
        structure = block.translate(None, self._harmless)
        line, _, _ = structure.partition(end)
        shape = line.split(self._delimiter)
        if len(shape) != self._width or structure != (line + end) * rows:
            return None
        if self._extra and block.count(self._delimiter * self._extra + end) != rows:
            return None
        if not all(quotes in (b"", 2 * self._quote) for quotes in shape):
            return None
        return [index for index, quotes in enumerate(shape) if quotes]

    def _has_empty_row(self, block: bytes, end: bytes, quoted: list[int]) -> bool:
        fields = [2 * self._quote if index in quoted else b"" for index in range(self._width)]
        row = self._delimiter.join(fields) + end
        return block.startswith(row) or end + row in block

    def _joined(self, columns: list[list[bytes]], rows: int, first_line: int) -> bytes:
        step = 2 * len(columns) + 2
        if rows != self._pieces_rows:
            row = [self._start, b"", self._before, b""]
            for between in self._between:
                row += [between, b""]
            self._pieces, self._pieces_rows = row * rows, rows
        pieces = self._pieces
        pieces[1::step] = _numbers(first_line, rows)
        for place, index in enumerate(self._order):
            pieces[2 * place + 3 :: step] = columns[index]
        return b"".join(pieces)[len(b'"}\n') :] + b'"}\n'


def jsonb_order(columns: tuple[str, ...]) -> list[int]:
    """The columns in the order in which jsonb keeps its keys: shorter first, then by bytes.

    The server sorts them in any case; given in this order it takes a fifth less time a row.
    """
    keys = [name.encode() for name in columns]
    return sorted(range(len(keys)), key=lambda index: (len(keys[index]), keys[index]))


def _is_utf8(block: bytes) -> bool:
    try:
        return block.isascii() or block.decode() is not None
    except UnicodeDecodeError:
        return False


def _without_quotes(column: list[bytes], quote: bytes) -> list[bytes] | None:
    """Fields with two quotes each, without them; None when they are not the first and last character."""
    joined, seam = b"\n".join(column), quote + b"\n" + quote
    flanked = joined.startswith(quote) and joined.endswith(quote) and joined.count(seam) == len(column) - 1
    return joined[len(quote) : -len(quote)].split(seam) if flanked else None


def _numbers(first: int, count: int) -> list[bytes]:
    """As text; by way of a list's own text, which is twice as fast as one by one."""
    return str(list(range(first, first + count)))[1:-1].encode().split(b", ")
