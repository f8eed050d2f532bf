"""What one column of the files holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ready.suggest.mapping.numbers import Numbers, read_numbers
from ready.suggest.mapping.shape import Shape
from ready.suggest.mapping.times import Times, read_numeric_times, read_times

NULL_WORDS = frozenset(
    {"null", "\\n", "na", "n/a", "#n/a", "none", "nan", "nil", "-", "--", "(null)", "unknown", "k.a."}
)


@dataclass(frozen=True)
class Column:
    """texts: one for each record looked at, blank where there is none."""

    name: str
    texts: tuple[str, ...]

    @cached_property
    def filled(self) -> list[str]:
        return [text for text in self.texts if text and text.lower() not in NULL_WORDS]

    @cached_property
    def counts(self) -> Counter[str]:
        return Counter(self.filled)

    @cached_property
    def null_words(self) -> list[str]:
        return sorted({text for text in self.texts if text.lower() in NULL_WORDS})

    @cached_property
    def blanks(self) -> int:
        return len(self.texts) - len(self.filled)

    @cached_property
    def times(self) -> Times | None:
        return read_times(self.filled)

    @cached_property
    def numbers(self) -> Numbers | None:
        return read_numbers(self.filled)

    @cached_property
    def numeric_times(self) -> Times | None:
        return read_numeric_times(self.filled)

    @cached_property
    def words(self) -> str:
        """The name in lower case words, as names are compared: OrderID is order id."""
        split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", self.name)
        return re.sub(r"[^\w#]+|_", " ", split).strip().lower()

    def kept(self, places: Sequence[int]) -> Column:
        """The column without the records at other places."""
        return Column(self.name, tuple(self.texts[place] for place in places))

    @cached_property
    def plain_words(self) -> str:
        """Without a currency or a zone behind: Betrag (EUR), total_usd, Created (UTC)."""
        return re.sub(r"( in)? (eur|euro|usd|gbp|chf|cad|aud|pln|sek|utc|gmt)$", "", self.words)

    @property
    def distinct(self) -> int:
        return len(self.counts)

    @property
    def is_unique(self) -> bool:
        return self.distinct == len(self.filled) > 0


def read_columns(shapes: Sequence[Shape]) -> list[Column]:
    """The columns that all of these files have."""
    shared = [name for name in shapes[0].columns if all(name in shape.columns for shape in shapes)]
    texts: dict[str, list[str]] = {name: [] for name in shared}
    for shape in shapes:
        places = [(name, shape.columns.index(name)) for name in shared]
        for row in shape.rows:
            if not row.is_blank:
                for name, place in places:
                    texts[name].append(row.fields[place] if place < len(row.fields) else "")
    return [Column(name, tuple(found)) for name, found in texts.items()]
