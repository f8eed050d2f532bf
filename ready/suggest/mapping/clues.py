"""What the texts say for a line of the mapping, in words: counts, what is ruled out, what to check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from ready.rendering.terminal import one_line
from ready.suggest.mapping.columns import Column
from ready.suggest.mapping.entry import CHECK, listed
from ready.suggest.mapping.lines import Grain
from ready.suggest.mapping.statuses import CLOSED, PARTLY_GIVEN_BACK, UNDERWAY, Statuses
from ready.suggest.mapping.times import Times

# What exports write beside their local times.
ZONES = {
    "utc": "UTC", "bst": "Europe/London", "cet": "Europe/Berlin", "cest": "Europe/Berlin",
    "mez": "Europe/Berlin", "mesz": "Europe/Berlin", "wet": "Europe/Lisbon", "west": "Europe/Lisbon",
    "eet": "Europe/Athens", "eest": "Europe/Athens", "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles", "est": "America/New_York", "edt": "America/New_York",
    "cst": "America/Chicago", "cdt": "America/Chicago", "mst": "America/Denver", "mdt": "America/Denver",
    "aest": "Australia/Sydney", "aedt": "Australia/Sydney", "nzst": "Pacific/Auckland",
    "nzdt": "Pacific/Auckland", "jst": "Asia/Tokyo", "eastern time (us & canada)": "America/New_York",
    "central time (us & canada)": "America/Chicago", "mountain time (us & canada)": "America/Denver",
    "pacific time (us & canada)": "America/Los_Angeles",
}  # fmt: skip
# London's in winter, and no more than UTC without its summer beside it.
GMT = "gmt"
GIVEN_BACK = re.compile(
    r"\b(refund(ed|s)?|adjusted|returned|(rück|zurück)?erstatt(et|ung)|rückzahlung|gutschrift|remboursée?|remboursement"
    r"|reembolsad[oa]|reembolso|devuelto|devolvido|estornado|rimborsat[oa]|rimborso|terugbetaald|terugbetaling)\b"
)
CANCELLED = re.compile(r"\b(cancell?ed|storniert|annulée?|cancelad[oa]|annullat[oa]|geannuleerd)\b")
PAID = re.compile(r"\b(paid|bezahlt|payée?|pagad?[oa]|pagat[oa]|betaald)\b")


# A customer of more than this share of the records, with more than so many times those of the next one.
NOBODY_SHARE, NOBODY_TIMES = 0.1, 3


def zone_of(column: Column, reading: Times, zones: Column | None) -> tuple[str | None, list[str]]:
    """A zone to be said, where neither the texts nor the default say it. zones: the column of zones."""
    if reading.zoned == reading.count or (reading.is_numeric and reading.format != "excel_days"):
        return None, []
    if re.search(r"\b(utc|gmt)\b", column.words):
        return "UTC", [f"the column's name says {'UTC' if 'utc' in column.words else 'GMT'}"]
    ending = re.search(r"\(([A-Za-z]+)\)$", column.name)
    if ending and (zone := ZONES.get(ending[1].lower())):
        return zone, [f"the column's name says {ending[1]}"]
    notes = f"{CHECK}: {reading.count - reading.zoned:,} times state no zone and count as UTC"
    near = "Europe/Berlin or the like"
    if zones:
        named = _named_zones(zones)
        shown = listed(zones.counts.most_common(4))
        if len(named) == 1 and None not in named:
            return next(iter(named)), [f"{zones.name} says {shown}"]
        notes += f", while {zones.name} has {shown}"
        near = " or ".join(zone for zone in named if zone) or near
    return None, [f"{notes}; say another with timezone: {near}"]


def _named_zones(zones: Column) -> list[str | None]:
    """Those that a column means, the most frequent first; None for what is not known."""
    words = [text.lower() for text, _ in zones.counts.most_common()]
    meant = [ZONES.get(word, _as_it_is(word)) for word in words if word != GMT]
    if GMT in words and "Europe/London" not in meant:
        meant += ["Europe/London", None]
    return list(dict.fromkeys(meant))


def _as_it_is(word: str) -> str | None:
    return next((zone for zone in available_timezones() if zone.lower() == word and "/" in zone), None)


def note_ambiguous(statuses: Statuses) -> list[str]:
    """Words that mean one thing here and another there."""
    notes = []
    records = sum(statuses.counts.values())
    for words, says in (
        (UNDERWAY, "not paid yet, so it is no purchase; in WooCommerce it is a paid order, so 'completed'"),
        (CLOSED, "done, so it is a purchase; in Magento it is an order that was refunded, so 'returned'"),
    ):
        for word, count in statuses.among(words):
            notes.append(f"{CHECK}: {one_line(word)}, {_share(count, records)}, is taken as {says}")
    return notes


def _share(count: int, records: int) -> str:
    return f"{count:,} of {records:,} records ({count / records:.1%})"


def note_partly_given_back(statuses: Statuses, columns: Sequence[Column]) -> list[str]:
    """Sales that count in full, where no column has what was given back."""
    words = statuses.among(PARTLY_GIVEN_BACK)
    if not words or any(column.numbers and GIVEN_BACK.search(column.words) for column in columns):
        return []
    return [f"{CHECK}: {listed(words)} count with the whole amount: no column has what was given back"]


def given_back(columns: Iterable[Column], amount: Column) -> Iterator[str]:
    """Columns that correct the amount."""
    for column in columns:
        numbers = column.numbers
        if column is amount or not numbers or not GIVEN_BACK.search(column.words):
            continue
        count = sum(bool(numbers.value(text)) for text in column.filled)
        if count:
            yield f"{CHECK}: {column.name} is not 0 in {count:,} records: is it to be taken off, or instead?"


def cancelled(columns: Iterable[Column]) -> Iterator[str]:
    """Times that say what a status does not."""
    for column in columns:
        if column.times and CANCELLED.search(column.words):
            yield f"{CHECK}: {column.name} is filled in {len(column.filled):,} records: are these cancelled?"


def note_nobody(customer: Column) -> Iterator[str]:
    """A value that so many records share that it may be no customer: 0, -1, guest, a till's number."""
    most = customer.counts.most_common(2)
    if not most:
        return
    (value, count), next_most = most[0], most[1][1] if len(most) > 1 else 0
    records = len(customer.filled)
    if count > NOBODY_SHARE * records and count > NOBODY_TIMES * next_most and customer.distinct > 1:
        yield (
            f"{CHECK}: {one_line(value)} is the customer of {_share(count, records)}: if it means"
            " guests or nobody, it makes them one customer; an expression with nullif leaves it out, and"
            " expectations.yaml sets such records aside"
        )


def unpaid(columns: Iterable[Column]) -> Iterator[str]:
    """Times of payment that some records lack, where no status says so."""
    for column in columns:
        if column.times and column.blanks and PAID.search(column.words):
            yield f"{CHECK}: {column.name} is blank in {column.blanks:,} records: are these not paid?"


def refunded_by_line(
    column: Column, amount: Column | None, meanings: Mapping[str, str | None], grain: Grain
) -> list[str]:
    """Words for a return, of orders that have a line below zero besides."""
    if not grain.is_line or not amount or not amount.numbers:
        return []
    words = set()
    for order in grain.orders:
        values = [amount.numbers.value(amount.texts[place]) for place in order]
        if any(value is not None and value < 0 for value in values):
            words |= {column.texts[place].lower() for place in order}
    return sorted(word for word in words if meanings.get(word) == "returned")


def differing(column: Column, meanings: Mapping[str, str | None], grain: Grain) -> int:
    """Orders whose lines mean different things."""
    if not grain.is_line:
        return 0
    words = [{column.texts[place].lower() for place in order} - {""} for order in grain.orders]
    return sum(len({meanings.get(word) or word for word in order}) > 1 for order in words)


def note_times(reading: Times) -> str:
    """How many read, and over what time."""
    written = reading.format or "ISO 8601"
    span = f"from {reading.first} to {reading.last}"
    note = f"{reading.count:,} of {reading.total:,} read as {written}, {span}"
    return note + (f"; not {', '.join(reading.odd)}" if reading.odd else "")


def note_rivals(reading: Times) -> list[str]:
    """The other formats that there might be."""
    notes = []
    if reading.ruled_out:
        text, rival = reading.ruled_out
        notes.append(f"{text} rules out {rival}")
    if reading.rival:
        notes.append(f"{CHECK}: {reading.rival} reads them just as well; no text says which of the two it is")
    if reading.format and re.search(r"\bYY\b|(?<!Y)YY(?!Y)", reading.format):
        notes.append("two-digit years: 70 to 99 are of the last century (pivot_year)")
    return notes


def number_entry(column: Column) -> tuple[dict[str, Any], list[str]]:
    """What the mapping has to say of a column of numbers, and why."""
    numbers = column.numbers
    assert numbers
    value: dict[str, Any] = {"column": column.name, **numbers.settings}
    notes = [f"{numbers.count:,} of {numbers.total:,} are numbers such as {numbers.example}"]
    if numbers.odd:
        notes[0] += f"; not {', '.join(numbers.odd)}"
    if numbers.currencies:
        notes.append(f"with {numbers.currencies[0]} before or behind")
        if len(numbers.currencies) > 1:
            notes.append(
                f"{CHECK}: also with {', '.join(numbers.currencies[1:])}: currencies are never added up"
            )
    if numbers.is_ambiguous:
        notes.append(f"{CHECK}: does the mark in {numbers.example} part thousands or decimals?")
    if numbers.negatives:
        notes.append(
            f"{CHECK}: {numbers.negatives:,} are below zero: refunds? Does expectations.yaml allow them?"
        )
    return value, notes
