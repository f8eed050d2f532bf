"""In which notation a column's amounts are written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ready.rendering.terminal import one_line

SPACES = " \u00a0\u202f\u2009"
NUMBER = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+])?(?P<before>[A-Z]{{3}}|[A-Z]{{0,2}}[^\w\s.,()'’+-])?[{SPACES}]?"
    r"(?P<inner>[-+])?"
    rf"(?P<digits>\d[\d.,'’{SPACES}]*\d|\d|[.,]\d+)"
    rf"[{SPACES}]?(?P<after>[A-Za-z]{{3}}|[^\w\s.,()'’+-]|zł|kr)?(?P<trailing>-)?(?P<close>\))?"
)
ENOUGH = 0.9  # of the texts


@dataclass(frozen=True)
class Numbers:
    """How `count` of `total` texts read.

    decimal, thousands: the marks; thousands None where there are none, a blank for those of every width.
    currencies: signs or codes on them, the most frequent first.
    is_ambiguous: a mark before three digits that may part thousands or decimals. odd: texts that are none.
    """

    decimal: str
    count: int
    total: int
    thousands: str | None = None
    currencies: tuple[str, ...] = ()
    example: str = ""
    is_ambiguous: bool = False
    has_decimals: bool = False
    negatives: int = 0
    odd: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, str]:
        """What the mapping has to say of it."""
        currency = self.currencies[0] if self.currencies else None
        decimal = None if self.decimal == "." else self.decimal
        written = {"decimal": decimal, "thousands": self.thousands, "currency": currency}
        return {key: value for key, value in written.items() if value}

    def value(self, text: str) -> Decimal | None:
        """The decimal that a text says, or None."""
        found = NUMBER.fullmatch(text)
        if not found:
            return None
        digits = _plain(found["digits"]).replace(self.thousands or "\0", "").replace(self.decimal, ".")
        if not re.fullmatch(r"\d*\.?\d+", digits):
            return None
        negative = "-" in (found["sign"], found["inner"], found["trailing"]) or found["open"]
        return -Decimal(digits) if negative else Decimal(digits)


def read_numbers(texts: Sequence[str]) -> Numbers | None:
    """The notation of the texts, if ENOUGH of them are numbers."""
    found = {text: match for text in dict.fromkeys(texts) if (match := NUMBER.fullmatch(text))}
    counted = Counter(texts)
    if not texts or sum(counted[text] for text in found) < ENOUGH * len(texts):
        return None
    digits = [_plain(match["digits"]) for match in found.values()]
    decimal, thousands, is_ambiguous = _marks(digits)
    signs = Counter(
        sign
        for text, match in found.items()
        for sign in [match["before"] or match["after"]] * counted[text]
        if sign
    )
    reading = Numbers(decimal, 0, len(texts), thousands)
    values = {text: value for text in found if (value := reading.value(text)) is not None}
    example = next((text for text in values if _is_telling(text, decimal, thousands)), next(iter(values), ""))
    return Numbers(
        decimal=decimal,
        thousands=thousands,
        count=sum(counted[text] for text in values),
        total=len(texts),
        currencies=tuple(sign for sign, _ in signs.most_common()),
        example=one_line(example),
        is_ambiguous=is_ambiguous,
        has_decimals=any(value != value.to_integral_value() for value in values.values()),
        negatives=sum(counted[text] for text, value in values.items() if value < 0),
        odd=tuple(one_line(text) for text in dict.fromkeys(texts) if text not in values)[:3],
    )


def _plain(digits: str) -> str:
    """One blank and one apostrophe for those of every kind."""
    return re.sub(f"[{SPACES}]", " ", digits).replace("’", "'")


def _marks(digits: Sequence[str]) -> tuple[str, str | None, bool]:
    """Decimal mark, thousands mark, and whether the two cannot be distinguished."""
    spaces = Counter(char for text in digits for char in text if char in " '")
    thousands = spaces.most_common(1)[0][0] if spaces else None
    both = [text for text in digits if "." in text and "," in text]
    if both:
        decimal = max(".,", key=both[0].rindex)
        return decimal, "," if decimal == "." else ".", False
    for mark, other in ((".", ","), (",", ".")):
        holding = [text for text in digits if mark in text]
        if not holding or any(other in text for text in digits):
            continue
        if any(text.count(mark) > 1 for text in holding):
            return other, mark, False
        if any(len(text.rpartition(mark)[2]) != 3 for text in holding) or thousands:
            return mark, thousands, False
        return mark, None, any(0 < len(text.partition(mark)[0]) <= 3 for text in holding)
    has_point = any("." in text and len(text.rpartition(".")[2]) != 3 for text in digits)
    has_comma = any("," in text and len(text.rpartition(",")[2]) != 3 for text in digits)
    if has_point != has_comma:  # one parts decimals, the other thousands, never both in one text
        return (".", ",", False) if has_point else (",", ".", False)
    return ".", thousands, False


def _is_telling(text: str, decimal: str, thousands: str | None) -> bool:
    return decimal in text and (thousands is None or thousands in _plain(text))
