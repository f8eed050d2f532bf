"""The shell blocks of a page, with the output that it shows for them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIMES = re.compile(r"\b\d+\.\d+ s\b")


@dataclass(frozen=True)
class Block:
    """place: file and line, where it starts; shown: what it is said to print, None if nothing is."""

    place: str
    script: str
    shown: str | None

    @property
    def fails(self) -> bool:
        """By its own showing."""
        return self.shown is not None and "Error:" in self.shown


def shell_blocks(page: Path) -> list[Block]:
    """Those marked sh or console, in order. The text after an sh block, if any comes first, is its output."""
    readme = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(readme))
    blocks = []
    for fence, following in zip(fences, [*fences[1:], None], strict=True):
        language, body = fence.groups()
        place = f"{page.name}:{readme[: fence.start()].count(chr(10)) + 1}"
        if language == "console":
            commands, shown = _session(body)
            blocks.append(Block(place, commands, shown))
        elif language == "sh":
            between = readme[fence.end() : following.start()] if following else ""
            blocks.append(Block(place, body, _output(following, between)))
    return blocks


def _output(following: re.Match[str] | None, between: str) -> str | None:
    """A text that follows in the same section."""
    if following is None or following.group(1) != "text" or re.search(r"^#+ ", between, re.MULTILINE):
        return None
    return following.group(2)


def fenced(readme: str, language: str, *, after: str) -> str:
    """The first block of a language behind the words `after`."""
    start = readme.index(after)
    return next(f.group(2) for f in FENCE.finditer(readme) if f.start() > start and f.group(1) == language)


def shows(shown: str, printed: str) -> bool:
    """Whether a page's lines are those printed, but for times and widths; `...` stands for any others.

    In any order, as what runs at once comes in any; make's own lines do not count.
    """
    told, came = _lines(shown), _lines(printed)
    if told.pop("...", 0):
        return told <= came
    return told == came


def _lines(output: str) -> Counter[str]:
    lines = (_plain(line) for line in output.splitlines() if not line.startswith("make"))
    return Counter(line for line in lines if line)


def _plain(line: str) -> str:
    return " ".join(TIMES.sub("T s", line).split())


def _session(body: str) -> tuple[str, str]:
    lines = body.splitlines(keepends=True)
    commands = [line[2:] for line in lines if line.startswith("$ ")]
    return "".join(commands), "".join(line for line in lines if not line.startswith("$ "))
