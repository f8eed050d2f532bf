"""Text to records: Python's csv module where the text is well formed, a way on where it is not."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

csv.field_size_limit(sys.maxsize)


class Record(NamedTuple):
    """One record: where it is in the text, and its first line, counted from 0.

    `fault` says why it has no fields.
    """

    line: int
    start: int
    stop: int
    fields: list[str]
    fault: str | None = None


class RecordSplitter:
    """Iterates over the records of whole lines, blank lines left out.

    A quote that is closed with text after it costs only the lines up to the one where it opened;
    reading goes on with the next line. A quote that is still open at the end of the text stops the
    iteration: its record begins at `line`, and has `open_lines` lines up to and with the quote's.
    """

    def __init__(self, text: str, *, delimiter: str, newline: str, first_line: int) -> None:
        self.text = text
        self.line = 0
        self.at = 0
        self.open_lines = 0
        self._delimiter = delimiter
        self._newline = newline
        self._first_line = first_line
        self._unquoted = re.compile(f"[^\r\n{re.escape(delimiter)}]*")

    def __iter__(self) -> Iterator[Record]:
        lines = io.StringIO(self.text, newline=self._newline)
        while self.at < len(self.text) and not self.open_lines:
            lines.seek(self.at)
            base = self.line
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            try:
                for fields in reader:
                    line, start = self.line, self.at
                    self.line, self.at = base + reader.line_num, lines.tell()
                    if fields:
                        yield Record(line, start, self.at, fields)
            except csv.Error as error:
                if broken := self._broken(lines.tell(), str(error)):
                    yield broken

    def raw(self, record: Record) -> str:
        return self.text[record.start : record.stop]

    def _broken(self, stop: int, error: str) -> Record | None:
        """The reject for the record at `at`, or None when its quote is still open."""
        line, start = self.line, self.at
        found = find_broken_quote(self.text, start, stop, self._delimiter, self._unquoted)
        if found is None:
            self._skip_to(stop)
            return Record(line, start, stop, [], error)
        quote, close = found
        if close < 0:
            self.open_lines = self.text.count(self._newline, start, quote) + 1
            return None
        opened = line + self.text.count(self._newline, start, quote)
        closed = opened + self.text.count(self._newline, quote, close)
        self._skip_to(self.text.index(self._newline, quote) + 1 if closed > opened else stop)
        where = f" in line {self._first_line + closed} (the quote opened in line {self._first_line + opened})"
        fault = f"text after the closing quote{where if closed > opened else ''}"
        return Record(line, start, self.at, [], fault)

    def _skip_to(self, stop: int) -> None:
        self.line += self.text.count(self._newline, self.at, stop)
        self.at = stop


def find_broken_quote(
    text: str, at: int, end: int, delimiter: str, unquoted: re.Pattern[str]
) -> tuple[int, int] | None:
    """The first quoted field of a record that is never closed, or closed with text after it.

    Gives the offsets of its quotes, -1 for the closing one that is not there.
    """
    while at < end and text[at] not in "\r\n":
        if text[at] == '"':
            close = closing_quote(text, at + 1)
            if close < 0 or text[close + 1 : close + 2] not in ("", delimiter, "\r", "\n"):
                return at, close
            at = close + 1
        else:
            found = unquoted.match(text, at)
            at = found.end() if found else end
        at += text[at : at + 1] == delimiter
    return None


def closing_quote(text: str, at: int) -> int:
    """The next quote that is not doubled, -1 if there is none."""
    while (at := text.find('"', at)) >= 0 and text[at + 1 : at + 2] == '"':
        at += 2
    return at
