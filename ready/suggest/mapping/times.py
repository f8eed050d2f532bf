"""In which notation a column's times are written, and what else would read them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from ready.rendering.terminal import one_line

ISO = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?"
    r"(?P<zone> ?(?:Z|z|UTC|[+-]\d\d(?::?\d\d)?))?"
)
DATE = (
    r"(?P<a>\d{1,4}|[^\W\d_]+\.?)(?P<s>[-/. ]|, |\. )(?P<b>\d{1,2}|[^\W\d_]+\.?)(?P<t>[-/. ]|, |\. )"
    r"(?P<c>\d{4}|\d{1,2})"
)
CLOCK = r"(?P<clock>\d\d?:\d\d(?P<seconds>:\d\d)?(?P<half>[\s]?[AaPp][Mm])?)"
WRITTEN = re.compile(rf"{DATE}(?:(?P<gap>T|,? ){CLOCK})?")
ONLY_CLOCK = re.compile(CLOCK)
WORDS = {
    "YYYY": r"(?P<year>\d{4})", "YY": r"(?P<year>\d{2})", "MM": r"(?P<month>\d{1,2})",
    "Mon": r"(?P<name>[^\W\d_]+\.?)", "DD": r"(?P<day>\d{1,2})", "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<hour>\d{1,2})", "MI": r"(?P<minute>\d{2})", "SS": r"(?P<second>\d{2})",
    "AM": r"(?P<half>[AaPp][Mm])",
}  # fmt: skip
# The full names; a text may have three letters or more of one.
MONTHS = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
IRREGULAR = {"de": {"mrz": 3}, "nl": {"mrt": 3}, "en": {"sept": 9}, "es": {"sept": 9, "set": 9}}
# Numbers that may stand for times: the first and last that are taken for one.
NUMERIC = {
    "epoch_seconds": (re.compile(r"\d{9,10}(\.\d+)?"), 631_152_000, 4_102_444_800),
    "epoch_milliseconds": (re.compile(r"\d{12,13}"), 631_152_000_000, 4_102_444_800_000),
    "excel_days": (re.compile(r"\d{5}([.,]\d+)?"), 32_874, 73_050),
}
PIVOT = 70  # 69 is 2069, 70 is 1970: the mapping's own default
ENOUGH = 0.9  # of the texts


@dataclass(frozen=True)
class Times:
    """How `count` of `total` texts read.

    format: None is ISO 8601. rival: another format that reads as many. ruled_out: a text that the rival
    cannot read. zoned: how many state their offset. is_day: without a time of day.
    """

    format: str | None
    count: int
    total: int
    first: str
    last: str
    language: str | None = None
    rival: str | None = None
    ruled_out: tuple[str, str] | None = None
    zoned: int = 0
    is_day: bool = False
    odd: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, str]:
        """What the mapping has to say of it."""
        written = {"format": self.format, "language": self.language}
        return {key: value for key, value in written.items() if value}

    @property
    def share(self) -> float:
        return self.count / self.total if self.total else 0.0

    @property
    def is_numeric(self) -> bool:
        return self.format in NUMERIC


def read_times(texts: Sequence[str]) -> Times | None:
    """The notation that reads most of the texts, at least ENOUGH of them; None where there is none."""
    readings = [reading for way in _ways(texts) if (reading := _read(texts, *way))]
    best = max(readings, key=lambda reading: reading.count, default=None)
    return best if best and best.share >= ENOUGH else None


def read_numeric_times(texts: Sequence[str]) -> Times | None:
    """Seconds since 1970 or days of a spreadsheet: only where a name says that the numbers are times."""
    for name, (pattern, low, high) in NUMERIC.items():
        fits = [t for t in texts if pattern.fullmatch(t) and low <= float(t.replace(",", ".")) <= high]
        if texts and len(fits) >= ENOUGH * len(texts):
            odd = tuple(sorted(set(texts) - set(fits)))[:3]
            return Times(name, len(fits), len(texts), min(fits), max(fits), odd=odd)
    return None


def is_clock(texts: Sequence[str]) -> str | None:
    """The format of texts that are a time of day alone."""
    found = [ONLY_CLOCK.fullmatch(text) for text in texts]
    if not texts or not all(found) or not found[0]:
        return None
    return _clock_format(found[0])


def _ways(texts: Sequence[str]) -> Iterator[tuple[str | None, str | None, str | None]]:
    """Format, language and rival of each notation that one of the texts suggests."""
    yield None, None, None
    formats: dict[str, str | None] = {}
    for text in texts[:50]:
        options = list(_formats(text))
        for one, other in itertools.zip_longest(options, options[1:] + options[:1]):
            formats.setdefault(one, other if other != one else None)
    for name, rival in formats.items():
        for language in _languages(name, texts):
            yield name, language, rival


def _formats(text: str) -> Iterator[str]:
    """The formats that one text may be written in, the likelier first."""
    if re.fullmatch(r"\d{8}", text):
        yield from ("YYYYMMDD", "DDMMYYYY", "MMDDYYYY")
        return
    found = WRITTEN.fullmatch(text)
    if not found or ISO.fullmatch(text):
        return
    a, b, c = found["a"], found["b"], found["c"]
    year = "YYYY" if len(c) == 4 else "YY"
    if not a.isdigit():
        orders = [("Mon", "DD", year)] if b.isdigit() else []
    elif not b.isdigit():
        orders = [("YYYY", "Mon", "DD")] if len(a) == 4 else [("DD", "Mon", year)]
    elif len(a) == 4:
        orders = [("YYYY", "MM", "DD")]
    elif found["s"] == "/":
        orders = [("MM", "DD", year), ("DD", "MM", year)]
    else:
        orders = [("DD", "MM", year), ("MM", "DD", year)]
    clock = f"{found['gap']}{_clock_format(found)}" if found["clock"] else ""
    for order in orders:
        yield f"{order[0]}{found['s']}{order[1]}{found['t']}{order[2]}{clock}"


def _clock_format(found: re.Match[str]) -> str:
    seconds = ":SS" if found["seconds"] else ""
    if not found["half"]:
        return f"HH24:MI{seconds}"
    return f"HH12:MI{seconds}{' ' if found['half'][0].isspace() else ''}AM"


def _languages(name: str, texts: Iterable[str]) -> list[str | None]:
    """Those that read the month names of most texts; one that is not English must be said."""
    if "Mon" not in name:
        return [None]
    pattern = _pattern(name)
    written = [found["name"] for found in map(pattern.fullmatch, texts) if found]
    counts = {language: sum(_month(w, language) is not None for w in written) for language in MONTHS}
    most = max(counts.values(), default=0)
    best = next((language for language, count in counts.items() if count == most), "en")
    return [None if best == "en" else best]


@cache
def _month(written: str, language: str) -> int | None:
    word = written.rstrip(".").casefold()
    if word in IRREGULAR.get(language, {}):
        return IRREGULAR[language][word]
    fits = [
        n for n, name in enumerate(MONTHS[language].split(), 1) if len(word) >= 3 and name.startswith(word)
    ]
    return fits[0] if len(fits) == 1 or (fits and word in MONTHS[language].split()) else None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    parts = re.split(f"({'|'.join(WORDS)})", name)
    return re.compile("".join(WORDS.get(part, re.escape(part)) for part in parts))


@cache
def instant(text: str, name: str | None, language: str | None = None) -> datetime | None:
    """The local time that a text says in a format, or None. Offsets are left out: it is for comparing."""
    if name is None:
        found = ISO.fullmatch(text)
        numbers = [int(n) for n in found.groups()[:6] if n] if found else []
        return _datetime(*numbers) if numbers else None
    found = _pattern(name).fullmatch(text)
    if not found:
        return None
    parts = found.groupdict()
    month = _month(parts["name"], language or "en") if "name" in parts else int(parts["month"])
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= PIVOT else 2000
    hour = int(parts.get("hour") or 0)
    if parts.get("half"):
        hour = hour % 12 + (12 if parts["half"].upper() == "PM" else 0) if 1 <= hour <= 12 else 99
    return _datetime(
        year,
        month or 0,
        int(parts["day"]),
        hour,
        int(parts.get("minute") or 0),
        int(parts.get("second") or 0),
    )


def _datetime(*parts: int) -> datetime | None:
    try:
        return datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        return None


def _read(texts: Sequence[str], name: str | None, language: str | None, rival: str | None) -> Times | None:
    read = {text: moment for text in texts if (moment := instant(text, name, language))}
    if not read:
        return None
    counted = Counter(texts)
    excluded = next((text for text in read if rival and not instant(text, rival, language)), None)
    zones = [found for found in map(ISO.fullmatch, read) if found and found["zone"]] if name is None else []
    moments = sorted(read.values())
    return Times(
        format=name,
        language=language,
        count=sum(counted[text] for text in read),
        total=len(texts),
        first=_shown(moments[0]),
        last=_shown(moments[-1]),
        rival=rival if rival and excluded is None else None,
        ruled_out=(excluded, rival) if excluded and rival else None,
        zoned=sum(counted[found[0]] for found in zones),
        is_day=not any(":" in text for text in read),
        odd=tuple(one_line(text) for text in dict.fromkeys(texts) if text not in read)[:3],
    )


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
