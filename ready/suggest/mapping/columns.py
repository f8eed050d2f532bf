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
# What firms have behind their name.
FIRM = re.compile(
    r"\b(gmbh|ag|kg|ohg|gbr|ug|mbh|ltd|limited|inc|llc|llp|plc|corp|sarl|sas|s\.a\.?|s\.l\.?|s\.?r\.?l|s\.?p\.?a|b\.?v"
    r"|n\.?v|lda|ltda|e\.k|e\.v|& co|and sons|& sons|& söhne)(\b|\.|$)",
    re.IGNORECASE,
)
CAPITALISED = re.compile(r"[^\W\d_]\w*[^\W\d_A-Z]")
NAMES = 0.5  # of the texts


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
        split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[°º]", " ", self.name)
        return re.sub(r"[^\w#]+|_", " ", split).strip().lower()

    def kept(self, places: Sequence[int]) -> Column:
        """The column without the records at other places."""
        return Column(self.name, tuple(self.texts[place] for place in places))

    @cached_property
    def plain_words(self) -> str:
        """Without a currency or a zone behind: Betrag (EUR), total_usd, Created (UTC)."""
        return re.sub(r"( in)? (eur|euro|usd|gbp|chf|cad|aud|pln|sek|utc|gmt)$", "", self.words)

    @cached_property
    def holds_names(self) -> bool:
        """Most texts are names of people or firms: Müller, Jörg; Schäfer GmbH & Co. KG; Krause."""
        names = sum(map(_is_name, self.counts))
        return bool(self.counts) and names > len(self.counts) * NAMES

    @property
    def distinct(self) -> int:
        return len(self.counts)

    @property
    def is_unique(self) -> bool:
        return self.distinct == len(self.filled) > 0


def _is_name(text: str) -> bool:
    """Letters in words, without the digits and marks of ids; one word alone begins with a capital letter."""
    if "@" in text or "_" in text or not any(map(str.isalpha, text)):
        return False
    if FIRM.search(text):
        return True
    if any(map(str.isdigit, text)):
        return False
    return bool(re.search(r"[^\W_][\s,;&]", text)) or (text[0].isupper() and bool(CAPITALISED.search(text)))


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
