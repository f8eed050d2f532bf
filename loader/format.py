"""How a file is written: encoding, delimiter, quotes, escapes, line ends."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Format:
    """`newline` is `\\n` (also for CRLF) or `\\r`; `escape` is empty where only doubled quotes are.

    skip_blanks: values are quoted behind a blank, as in `"a", "b"`; blanks at the start of a field are
    no data then. comment: what comment lines begin with, or empty. is_guess: nothing but the look of the
    text speaks for the encoding. `notes` say what detection was not certain of.
    """

    encoding: str
    delimiter: str
    newline: str = "\n"
    quote: str = '"'
    escape: str = ""
    skip_blanks: bool = False
    comment: str = ""
    is_guess: bool = False
    notes: tuple[str, ...] = ()

    def reader(self, lines: Iterable[str]) -> Any:
        """A csv.reader that raises csv.Error for quotes that are not closed properly."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape or None,
            skipinitialspace=self.skip_blanks,
            strict=True,
        )

    def closing_quote(self, text: str, at: int) -> int:
        """The next quote that is neither doubled nor escaped, -1 if there is none."""
        return _first_group(self._quote_text.finditer(text, at))

    def has_closing_quote(self, block: bytes) -> bool:
        """The same for whole lines in UTF-8, which begin within quotes."""
        return _first_group(self._quote_bytes.finditer(block)) >= 0

    def unquoted_end(self, text: str, at: int) -> int:
        """Where an unquoted field ends: at a delimiter, a line end, or the end of the text."""
        found = self._unquoted.match(text, at)
        return found.end() if found else at

    @cached_property
    def _quote_pattern(self) -> str:
        quote, escape = re.escape(self.quote), re.escape(self.escape)
        escaped = f"{escape}.|" if escape else ""
        return f"(?s){escaped}{quote}{quote}|({quote})"

    @cached_property
    def _quote_text(self) -> re.Pattern[str]:
        return re.compile(self._quote_pattern)

    @cached_property
    def _quote_bytes(self) -> re.Pattern[bytes]:
        return re.compile(self._quote_pattern.encode())

    @cached_property
    def _unquoted(self) -> re.Pattern[str]:
        escape = re.escape(self.escape)
        escaped = f"{escape}.|" if escape else ""
        return re.compile(f"(?s)(?:{escaped}[^\r\n{re.escape(self.delimiter)}{escape}])*")


def _first_group(found: Iterator[re.Match[Any]]) -> int:
    return next((match.start() for match in found if match[1]), -1)
