"""Text to records: Python's csv module where the text is well formed, a way on where it is not."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

csv.field_size_limit(sys.maxsize)


@dataclass(frozen=True)
class Record:
    """One record: lines[start:stop] of its block; `fault` says why it has no fields."""

    start: int
    stop: int
    fields: list[str]
    fault: str | None = None


@dataclass(frozen=True)
class BrokenQuote:
    """Where a quote opened and, if it closed with text after it, where that was (else -1)."""

    opened: int
    closed: int


class RecordSplitter:
    """Iterates over the records of whole lines, blank lines left out.

    A quote that is closed with text after it costs only the lines up to the one where it opened;
    reading goes on with the next line. A quote that is still open at the end of the lines stops
    the iteration: `position` is then the first line of its record, `opened` the line of the quote.
    """

    def __init__(self, text: str, *, delimiter: str, newline: str, first_line: int) -> None:
        self.lines = list(io.StringIO(text, newline=newline))
        self.position = 0
        self.opened: int | None = None
        self._delimiter = delimiter
        self._first_line = first_line
        self._unquoted = re.compile(f"[^\r\n{re.escape(delimiter)}]*")

    def __iter__(self) -> Iterator[Record]:
        while self.position < len(self.lines) and self.opened is None:
            base = self.position
            reader = csv.reader(
                islice(self.lines, base, None), delimiter=self._delimiter, strict=True, doublequote=True
            )
            try:
                for fields in reader:
                    start, self.position = self.position, base + reader.line_num
                    if fields:
                        yield Record(start, self.position, fields)
            except csv.Error as error:
                if broken := self._broken(base + reader.line_num, str(error)):
                    yield broken

    def text(self, record: Record) -> str:
        return "".join(self.lines[record.start : record.stop])

    def _broken(self, stop: int, error: str) -> Record | None:
        """The reject for the record at `position`, or None when its quote is still open."""
        start = self.position
        text = "".join(self.lines[start:stop])
        quote = find_broken_quote(text, self._delimiter, self._unquoted)
        if quote is None:
            self.position = stop
            return Record(start, stop, [], error)
        newline = self.lines[start][-1]
        opened = start + text.count(newline, 0, quote.opened)
        if quote.closed < 0:
            self.opened = opened
            return None
        closed = start + text.count(newline, 0, quote.closed)
        self.position = opened + 1
        fault = f"text after the closing quote{self._where(opened, closed)}"
        return Record(start, self.position, [], fault)

    def _where(self, opened: int, closed: int) -> str:
        if opened == closed:
            return ""
        return f" in line {self._first_line + closed} (the quote opened in line {self._first_line + opened})"


def find_broken_quote(text: str, delimiter: str, unquoted: re.Pattern[str]) -> BrokenQuote | None:
    """The first quoted field of a record that is never closed, or closed with text after it."""
    at = 0
    while at < len(text) and text[at] not in "\r\n":
        if text[at] == '"':
            close = _closing_quote(text, at + 1)
            if close < 0 or text[close + 1 : close + 2] not in ("", delimiter, "\r", "\n"):
                return BrokenQuote(at, close)
            at = close + 1
        else:
            found = unquoted.match(text, at)
            at = found.end() if found else len(text)
        at += text[at : at + 1] == delimiter
    return None


def _closing_quote(text: str, at: int) -> int:
    while (at := text.find('"', at)) >= 0 and text[at + 1 : at + 2] == '"':
        at += 2
    return at
