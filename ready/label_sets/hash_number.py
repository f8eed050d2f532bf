"""A number made of a text, the same in SQL and here."""

from __future__ import annotations

import hashlib


def hash_number(text: str) -> int:
    """From 0 to 2**32 - 1, as macros/engine/hash_number.sql has it."""
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16)
