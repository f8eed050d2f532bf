"""What the mapping makes of the files' texts, for rules that must fit it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ready.definition.values import list_of, mapping_of
from ready.lint.document import Document, model_meta
from ready.lint.mapping import AVAILABLE_AT, ORDERS_COLUMNS, canonical_columns

NUMBER = re.compile(r" *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)? *")
# As trim_whitespace() takes them off.
BLANKS = " \t\n\r\f\v\u00a0"


@dataclass(frozen=True)
class Mapped:
    """entries: column -> what orders.yaml says of it. null_words: texts that become null. types: of the
    columns that are not the user's own."""

    entries: Mapping[str, Any]
    null_words: frozenset[str]
    types: Mapping[str, str] = field(default_factory=lambda: ORDERS_COLUMNS)

    def is_unmapped(self, name: str) -> bool:
        """A canonical column, or its text, that is null in every row."""
        base = name.lower().removesuffix("_raw")
        return base in canonical_columns() and base not in self.entries

    def kind(self, name: str) -> str | None:
        """text, number, time or raw, the text in the file; None for what the mapping does not make."""
        name = name.lower()
        if name.removesuffix("_raw") in self.entries and name.endswith("_raw"):
            return "raw"
        if name not in self.entries:
            return None
        if name == AVAILABLE_AT:
            return "time"
        return self.types.get(name) or str(mapping_of(self.entries[name]).get("type", "text"))

    def why_never(self, name: str, value: str) -> tuple[str, str | None] | None:
        """Why the column can never have this value, and what to write; None where it can."""
        name, kind = name.lower(), self.kind(name)
        if kind == "number":
            return None if NUMBER.fullmatch(value) else (f"{name} is a number, and {value!r} is none", None)
        if kind not in ("text", "raw"):
            return None
        if value.strip(BLANKS) in self.null_words and self._is_trimmed(name):
            return f"{name} is null where a file has {value!r}: it is one of the null_words", None
        spelled, how = self._spelled(name, value)
        if spelled == value:
            return None
        return f"{name} is {how}, so it is never {value!r}", f"write {_quoted(spelled)}"

    def _spelled(self, name: str, value: str) -> tuple[str, str]:
        if name == "status":
            return spelled_status(value), "lower case without hyphens"
        if name == "currency":
            return value.strip(BLANKS).upper(), "upper case"
        return (value.strip(BLANKS) if self._is_trimmed(name) else value), "without blanks around it"

    def _is_trimmed(self, name: str) -> bool:
        """What an expression makes is taken as it is."""
        entry = self.entries.get(name.removesuffix("_raw"))
        return isinstance(entry, str) or "column" in mapping_of(entry)


def spelled_status(value: str) -> str:
    """As models/staging/orders_parsed.sql spells it."""
    return value.strip(BLANKS).replace("-", "").lower()


def mapped_columns(
    orders: Document | None, *, source: str = "orders", types: Mapping[str, str] = ORDERS_COLUMNS
) -> Mapped | None:
    """None where orders.yaml, or the file of another source, cannot be read. types: of its columns."""
    if orders is None or not isinstance(orders.value, dict):
        return None
    meta = model_meta(orders, f"{source}_mapped")[1]
    entries = {name: entry for name, entry in mapping_of(meta.get("columns")).items() if entry is not None}
    words = [word for word in list_of(meta.get("null_words")) if isinstance(word, str)]
    return Mapped(entries, frozenset(["", *words]), types) if entries else None


def names_in(condition: str) -> Iterator[str]:
    """The words of an SQL condition that may be columns: outside its texts."""
    yield from re.findall(r"[A-Za-z_]\w*", re.sub(r"'(?:[^']|'')*'", " ", condition))


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"\w+", value) else repr(value)
