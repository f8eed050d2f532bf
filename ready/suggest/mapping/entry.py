"""One line of the proposed yaml, with the evidence above it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ready.rendering.terminal import one_line

CHECK = "CHECK"
WIDTH = 116


@dataclass(frozen=True)
class Entry:
    """A key with its value. evidence: what speaks for it; CHECK at its begin asks a person to decide."""

    key: str
    value: Any
    evidence: tuple[str, ...] = ()

    def lines(self, indent: int) -> list[str]:
        space = " " * indent
        lines = [line for text in self.evidence for line in _wrapped(text, indent)]
        if isinstance(self.value, dict) and "expression" in self.value and len(self.value["expression"]) > 60:
            rest = {key: value for key, value in self.value.items() if key != "expression"}
            written = [f"{space}{self.key}:", f"{space}  expression: >-"]
            written += [f"{space}    {part}" for part in self.value["expression"].split("\n")]
            written += [f"{space}  {flow(key)}: {flow(value)}" for key, value in rest.items()]
            return [*lines, *written]
        value = self.value
        if isinstance(value, dict) and "expression" in value:
            value = {**value, "expression": value["expression"].replace("\n", " ")}
        return [*lines, f"{space}{self.key}: {flow(value)}"]


def flow(value: Any) -> str:
    """A value on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n...\n").strip()


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def is_template(text: str) -> bool:
    """dbt renders the values of properties files with Jinja: what a file contains must not get there."""
    return bool(re.search(r"\{[{%#]", text))


def _wrapped(text: str, indent: int) -> list[str]:
    """Comment lines that are not too long."""
    lines, line = [], ""
    for word in one_line(" ".join(text.split())).split(" "):
        if line and len(line) + len(word) + indent + 3 > WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [f"{' ' * indent}# {part}" for part in [*lines, line]]


def listed(counts: Sequence[tuple[str, int]], most: int = 12) -> str:
    """Words with how often they come: `paid` 323, `refunded` 77."""
    listed = ", ".join(f"{one_line(word)} {count:,}" for word, count in counts[:most])
    return listed + (f" and {len(counts) - most} more" if len(counts) > most else "")
