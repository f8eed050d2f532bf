"""What is below the records: how many lines, and by what text the first of them is known."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ready.suggest.mapping.entry import is_template

# What the first two fields of a line below the records say.
FOOTER = re.compile(
    r"\W*((grand |sub)?totals?|sum|(zwischen|end|gesamt)?summen?|gesamt(betrag|umsatz)?"
    r"|(somme|total)( général)?|suma|somma|totales|totais|totali|totale|totaal|totalen"
    r"|seller id\b.*|end of (report|file)"
    r"|.*\b(records?|record\(s\)|rows?|orders?) (downloaded|exported|found)\b.*)\W*",
    re.IGNORECASE,
)
# A record may lack a few of the values that all others have, not half of them.
MUCH_EMPTIER = 2
LOOKED_AT = 20
WORD = re.compile(r"[^\W\d_]{2}")


def count_footer(data: Sequence[Sequence[str]], width: int) -> int:
    """How many records at the end are none: too short, begun with a word for the sum, or nearly empty."""
    body = data[: max(len(data) - LOOKED_AT, len(data) // 2)]
    least = min((_filled(fields) for fields in body), default=0)
    begun = {_shape(fields[0]) for fields in body}
    count = 0
    for fields in reversed(data):
        is_empty = _filled(fields) * MUCH_EMPTIER <= least and _shape(fields[0]) not in begun
        is_short = len(fields) <= max(1, width // 2)
        if not is_short and not is_empty and not any(map(FOOTER.fullmatch, fields[:2])):
            break
        count += 1
    return count if count < len(data) else 0


def footer_pattern(line: str, delimiter: str, records: Sequence[str]) -> str | None:
    """An expression for what this line begins with and no record does, or None."""
    begun = begin_of(line, delimiter)
    pattern = _pattern(begun, delimiter)
    if pattern is None or is_template(pattern) or not re.match(pattern, begun):
        return None
    return None if any(re.match(pattern, begin_of(record, delimiter)) for record in records) else pattern


def begin_of(line: str, delimiter: str) -> str:
    """A line without the delimiters and quotes before its first text."""
    return line.lstrip(delimiter + '"')


def _pattern(line: str, delimiter: str) -> str | None:
    """Its first words; where numbers stand before them, any numbers. Up to what differs from file to file."""
    marks = rf'["{re.escape(delimiter)}]'
    points = "" if delimiter == "," else ","
    number = rf"\d[\d.{points}]*"
    before = re.match(rf'(?:{number}(?:{marks}|\s)+|[^\w"{re.escape(delimiter)}])*', line)
    assert before
    first = re.split(rf"\d|{marks}|(?<=[:=])", line[before.end() :], maxsplit=1)[0].rstrip()
    if not WORD.search(first):
        return None
    parts = re.split(f"({number})", before[0])
    numbers = (r"\d+" if part.isdigit() else rf"[\d.{points}]+" for part in parts[1::2])
    begun = "".join(_escaped(text) + next(numbers, "") for text in parts[::2])
    return begun + _escaped(first) + (r"\b" if first[-1].isalnum() else "")


def _escaped(text: str) -> str:
    return re.escape(text).replace("\\ ", " ").replace("\\-", "-")


def _filled(fields: Sequence[str]) -> int:
    return sum(map(bool, fields))


def _shape(text: str) -> str:
    """Digits as 9 and letters as a, each run as one."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))
