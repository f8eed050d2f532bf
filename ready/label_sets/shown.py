"""Values as messages show them."""

from __future__ import annotations

LONGEST = 80


def cut(text: str) -> str:
    """At most 80 characters, the last one … where more follow."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def quoted(text: str) -> str:
    return repr(cut(text))
