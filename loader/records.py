"""Text to records: Python's csv module where the text is well formed, a way on where it is not."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from typing import NamedTuple

from loader.format import Format

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
    """Iterates over the records of whole lines; blank lines and comments, which it counts, are left out.

    A quote that is closed with text after it costs only the lines up to the one where it opened;
    reading goes on with the next line. A quote that is still open at the end of the text stops the
    iteration: its record begins at `line`, and has `open_lines` lines up to and with the quote's.
    """

    def __init__(self, text: str, form: Format, first_line: int) -> None:
        self.text = text
        self.line = 0
        self.at = 0
        self.open_lines = 0
        self.comments = 0
        self._is_reread = False
        self._format = form
        self._newline = form.newline
        self._first_line = first_line

    def __iter__(self) -> Iterator[Record]:
        lines = io.StringIO(self.text, newline=self._newline)
        while self.at < len(self.text) and not self.open_lines:
            lines.seek(self.at)
            base = self.line
            reader = self._format.reader(self._without_comments(lines) if self._format.comment else lines)
            try:
                for fields in reader:
                    line, start = self.line, self.at
                    self.line, self.at = base + reader.line_num, lines.tell()
                    if fields:
                        yield Record(line, start, self.at, fields)
                    if self._is_reread:
                        self._is_reread = False
                        break
            except csv.Error as error:
                if broken := self._broken(lines.tell(), str(error)):
                    yield broken

    def _without_comments(self, lines: io.StringIO) -> Iterator[str]:
        """Comments become blank lines; within a record there are none."""
        at = lines.tell()
        for line in lines:
            if at == self.at and line.startswith(self._format.comment):
                self.comments += 1
                line = self._newline
            yield line
            at = lines.tell()

    def raw(self, record: Record) -> str:
        return self.text[record.start : record.stop]

    def reread(self, record: Record) -> Record:
        """The first line of the record just given; what comes behind it is read once more."""
        self.line, self.at = record.line + 1, self.text.index(self._newline, record.start) + 1
        self._is_reread = True
        return record._replace(stop=self.at)

    def _broken(self, stop: int, error: str) -> Record | None:
        """The reject for the record at `at`, or None when its quote is still open."""
        line, start = self.line, self.at
        found = find_broken_quote(self.text, start, stop, self._format)
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


def find_broken_quote(text: str, at: int, end: int, form: Format) -> tuple[int, int] | None:
    """The first quoted field of a record that is never closed, or closed with text after it.

    Gives the offsets of its quotes, -1 for the closing one that is not there.
    """
    while at < end and text[at] not in "\r\n":
        while form.skip_blanks and text[at : at + 1] == " ":
            at += 1
        if text[at : at + 1] == form.quote:
            close = form.closing_quote(text, at + 1)
            if close < 0 or text[close + 1 : close + 2] not in ("", form.delimiter, "\r", "\n"):
                return at, close
            at = close + 1
        else:
            at = form.unquoted_end(text, at)
        at += text[at : at + 1] == form.delimiter
    return None
