"""What the lint found, and where."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One fault of a config file. line counts from 1; hint says what to write instead, if that is known.

    severity: error, or warning for what may be meant so. stops_build: whether a command that builds stops; an
    error that does no harm to the tables, such as a rule that can find nothing, it only reports.
    """

    file: Path
    line: int
    message: str
    hint: str | None = None
    severity: str = "error"
    stops_build: bool = True

    def __str__(self) -> str:
        return self._text("" if self.is_error else "warning: ")

    @property
    def as_reported(self) -> str:
        """For a list that says itself how grave its entries are."""
        return self._text("")

    def _text(self, kind: str) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{shown_path(self.file)}:{self.line}: {kind}{self.message}{hint}"

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    def as_warning(self) -> Finding:
        return replace(self, severity="warning", stops_build=False)

    def reported_only(self) -> Finding:
        """An error for the lint, which no build stops at."""
        return replace(self, stops_build=False)


def shown_path(file: Path) -> str:
    """Short when it lies in the working folder, as editors like it."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative


def nearest(word: str, known: Iterable[str]) -> str | None:
    """`did you mean ...?` for the nearest known word, or None when nothing is near."""
    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {found[0]}?" if found else None


def nearest_or_all(word: str, known: Iterable[str]) -> str:
    """The nearest word, else all of them."""
    names = sorted(known)
    return nearest(word, names) or f"known: {', '.join(names)}"
