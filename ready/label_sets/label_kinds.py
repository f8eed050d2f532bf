"""What labels are: numbers, flags or classes, and what looks like one of them and is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ready.label_sets.shown import quoted

KINDS = {
    "integer": r"[+-]?\d{1,18}",
    "number": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?",
    "boolean": r"(?i:true|false)",
    "text": r"(?s:.*)",
}
"""What a label can be, and how it is written; the first one that all labels have is taken."""

OTHER_NOTATION = re.compile(
    r"""[+\-−]?\s*(
        (?i:inf(inity)?|nan)|∞
        |(
            \d+(\.\d*)?|\.\d+
            |\d*,\d+                                                   # 12,50
            |\d{1,3}(,\d{2,3})*,\d{3}(\.\d+)?                          # 1,234.5
            |\d{1,3}(?P<mark>[.'’_\s])\d{3}((?P=mark)\d{3})*([.,]\d+)? # 1.234,5
        )([eE][+-]?\d+)?\s*[%‰]?
    )""",
    re.VERBOSE,
)
"""Numbers as others write them; those that are read match, too."""

FLAG = re.compile("true|false|yes|no", re.IGNORECASE)
AS_CLASSES = "if labels are classes: --label-type text"

Given = Sequence[tuple[int, str]]
"""The line of each label that there is, and its text."""


def kind_of(values: Sequence[str]) -> str:
    """The first kind that all values have; else what most of them are, so that the others are named."""
    matching = {kind: sum(_is(kind, value) for value in values) for kind in KINDS}
    for kind in ("integer", "number", "boolean"):
        if matching[kind] == len(values):
            return kind
    most = max(("number", "boolean"), key=lambda kind: matching[kind])
    return most if matching[most] * 2 > len(values) else "text"


def of_other_kind(given: Given, kind: str, label: str) -> Iterator[tuple[int, str]]:
    """The line of each value that is not of a kind, and what is wrong with it."""
    for line, value in given:
        if not _is(kind, value):
            is_number = kind in ("integer", "number") and _has_other_notation(value)
            fault = _notation(kind) if is_number else f"is no {kind}"
            yield line, f"{label} {quoted(value)} {fault}; {AS_CLASSES}"


def doubtful_classes(given: Given, label: str) -> Iterator[tuple[int, str]]:
    """What speaks against classes that nobody asked for: numbers of another notation, flags with numbers."""
    for line, value in given:
        if _has_other_notation(value):
            yield line, f"{label} {quoted(value)} {_notation('number')}; {AS_CLASSES}"
    yield from _flags_with_numbers(given, label)


def _flags_with_numbers(given: Given, label: str) -> Iterator[tuple[int, str]]:
    """Named once, where the second of the two comes first."""
    flag = next(((*at, "a flag") for at in given if FLAG.fullmatch(at[1])), None)
    number = next(((*at, "a number") for at in given if _is("number", at[1])), None)
    if flag and number:
        (earlier, first, one), (line, second, other) = sorted([flag, number])
        yield (
            line,
            f"{label} {quoted(second)} is {other}, but {quoted(first)} in line {earlier} is {one}: "
            f"write all alike; {AS_CLASSES}",
        )


def _notation(kind: str) -> str:
    read = "1234 or -2" if kind == "integer" else "1234.5, -2 or 1e-3"
    return f"is no {kind} as it is read, such as {read}"


def _is(kind: str, value: str) -> bool:
    return re.fullmatch(KINDS[kind], value) is not None


def _has_other_notation(value: str) -> bool:
    return not _is("number", value) and OTHER_NOTATION.fullmatch(value) is not None
