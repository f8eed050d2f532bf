"""Text from data on a terminal: what a file contains must not move the cursor or hide anything."""

from __future__ import annotations

import re

# The styles that the commands themselves put into what they say. None of them hides text.
STYLE = re.compile(r"(\x1b\[(?:0|1|33)m)")


def printable(text: str) -> str:
    """The text with its control characters written out, line ends, tabs and our own styles apart."""
    parts = STYLE.split(text)
    return "".join(part if STYLE.fullmatch(part) else _written_out(part, "\n\t") for part in parts)


def one_line(text: str) -> str:
    """A value from data: with a line of its own it could pass for a workflow command, or for our words."""
    return _written_out(text, "")


def _written_out(text: str, kept: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text)
