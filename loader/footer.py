"""Lines at the end of a file that are no data: totals, counts, signatures."""

from __future__ import annotations

import re
from collections.abc import Callable

from loader.errors import FileRefused
from loader.options import MAX_FOOTER
from loader.text import escaped

# The footer lies in so many bytes at the end.
HELD_BACK = 1 << 20
SHOWN = 60


class FooterCut:
    """Passes on what `read` gives (empty at the end), except for the lines of the footer.

    wanted: so many lines at the end, blank ones and those without a value not counted; or a regular
    expression of the footer's first line, looked for in the last MAX_FOOTER lines. marks: the delimiter
    and the quote; a line of nothing else is blank. is_record: whether a line that is only counted off reads
    like data; then the file is refused.
    """

    def __init__(
        self,
        read: Callable[[], bytes],
        wanted: int | str,
        *,
        line: int,
        newline: str,
        marks: str,
        text: Callable[[bytes], str],
        is_record: Callable[[str], bool],
        label: str,
    ) -> None:
        self.notes: tuple[str, ...] = ()
        self.is_found = False
        self._read = read
        self._wanted = wanted
        self._line = line
        self._newline = newline.encode()
        self._void = marks + "\r\n\t "
        self._marks = marks
        self._text = text
        self._is_record = is_record
        self._label = label
        self._kept = b""
        self._ended = False

    def read(self, _size: int) -> bytes:
        """The next lines; the end is kept back until it is known to be data."""
        while not self._ended:
            data = self._read()
            if not data:
                self._ended = True
                return self._without_footer()
            self._kept += data
            if len(self._kept) < 2 * HELD_BACK:
                continue
            stop = self._kept.rfind(self._newline, 0, len(self._kept) - HELD_BACK) + 1
            if stop:
                passed, self._kept = self._kept[:stop], self._kept[stop:]
                self._line += passed.count(self._newline)
                return passed
        return b""

    def _without_footer(self) -> bytes:
        lines = _lines(self._kept, self._newline)
        filled = [at for at, line in enumerate(lines) if self._text(line).strip(self._void)][-MAX_FOOTER:]
        footer = self._footer(lines, filled)
        if not footer:
            self.notes = (f"no line at the end is a footer ({self._wanted})",) if self._wanted else ()
            return self._kept
        if isinstance(self._wanted, int):
            self._refuse_record(lines, footer)
        self.is_found = True
        shown = escaped(self._text(lines[footer[0]]))[:SHOWN]
        self.notes = (
            f"{len(footer)} footer line(s) left out, from line {self._line + footer[0]} on: {shown}",
        )
        return b"".join(lines[: footer[0]])

    def _refuse_record(self, lines: list[bytes], footer: list[int]) -> None:
        """A delivery without its footer must not lose its last record."""
        for at in footer:
            text = self._text(lines[at])
            if self._is_record(text):
                raise FileRefused(
                    f"{self._label}, line {self._line + at}: footer_lines: {self._wanted} in orders.yaml"
                    f" leaves out what reads like a record: {escaped(text)[:SHOWN]}",
                    hint='say how the footer begins, as in footer_lines: "Totals?:", which fits with and'
                    " without it",
                )

    def _footer(self, lines: list[bytes], filled: list[int]) -> list[int]:
        """Which of the filled lines are the footer's."""
        if isinstance(self._wanted, int):
            return filled[-self._wanted :] if self._wanted else []
        first = re.compile(self._wanted)
        texts = (self._text(lines[at]) for at in filled)
        begins = (number for number, text in enumerate(texts) if first.match(text.lstrip(self._marks)))
        return filled[next(begins, len(filled)) :]


def _lines(data: bytes, newline: bytes) -> list[bytes]:
    lines = [line + newline for line in data.split(newline)]
    lines[-1] = lines[-1].removesuffix(newline)
    return lines if lines[-1] else lines[:-1]
