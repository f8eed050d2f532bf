"""What a time or an amount in a file's notation means, computed plainly: docs/mapping.md in Python.

Written from the documentation alone, without a look at the project's SQL.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

UTC = timezone.utc
DAY_MS = 86_400_000
BLANKS = " \u00a0\u2007\u2009\u202f"
MINUS = "-\u2212"
# Short and full names of the months, as people write them.
MONTHS = {
    "en": "Jan January|Feb February|Mar March|Apr April|May|Jun June|Jul July|Aug August"
    "|Sep Sept September|Oct October|Nov November|Dec December",
    "de": "Jan Januar Jän Jaen Jänner Jaenner|Feb Februar Feber"
    "|Mär Mrz März Maerz|Apr April|Mai|Jun Juni|Jul Juli|Aug August"
    "|Sep Sept September|Okt Oktober|Nov November|Dez Dezember",
    "fr": "Jan Janv Janvier|Févr Fév Février|Mar Mars|Avr Avril|Mai|Jun Juin|Jul Juil Juill Juillet|Aoû Août"
    "|Sep Sept Septembre|Oct Octobre|Nov Novembre|Déc Décembre",
    "es": "Ene Enero|Feb Febrero|Mar Marzo|Abr Abril|May Mayo|Jun Junio|Jul Julio|Ago Agosto"
    "|Sep Sept Set Septiembre Setiembre|Oct Octubre|Nov Noviembre|Dic Diciembre",
    "pt": "Jan Janeiro|Fev Fevereiro|Mar Março|Abr Abril|Mai Maio|Jun Junho|Jul Julho|Ago Agosto"
    "|Set Setembro|Out Outubro|Nov Novembro|Dez Dezembro",
    "it": "Gen Gennaio|Feb Febbraio|Mar Marzo|Apr Aprile|Mag Maggio|Giu Giugno|Lug Luglio|Ago Agosto"
    "|Set Sett Settembre|Ott Ottobre|Nov Novembre|Dic Dicembre",
    "nl": "Jan Januari|Feb Februari|Mrt Maart|Apr April|Mei|Jun Juni|Jul Juli|Aug Augustus"
    "|Sep Sept September|Okt Oktober|Nov November|Dec December",
}
OFFSET = r"(?:(?:UTC|GMT)(?=[+-]))?[+-]\d\d(?::?\d\d)?|Z|z|UTC|GMT"
WORDS = {
    "YYYY": r"(?P<year>\d{4})", "YY": r"(?P<year>\d\d)", "Month": rf"(?P<name>[^\d{BLANKS}.,/_-]+)\.?",
    "Mon": rf"(?P<name>[^\d{BLANKS}.,/_-]+)\.?", "MM": r"(?P<month>\d\d?)", "DD": r"(?P<day>\d\d?)",
    "HH24": r"(?P<hour>\d\d?)", "HH12": r"(?P<hour>\d\d?)", "MI": r"(?P<minute>\d\d)",
    "SS": r"(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?",
    "AM": rf"[{BLANKS}]*(?P<half>[AaPp])\.?[{BLANKS}]?[Mm]\.?", "TZ": rf"[{BLANKS}]*(?P<offset>{OFFSET})",
}  # fmt: skip
DIGITS = {"YYYY", "YY", "MM", "DD", "HH24", "HH12", "MI", "SS"}


@dataclass(frozen=True)
class TimeNotation:
    format: str
    timezone: str = "UTC"
    language: str = "en"
    pivot_year: int = 70


@dataclass(frozen=True)
class AmountNotation:
    decimal: str = "."
    thousands: str | None = None
    currency: Sequence[str] = ()


def months_of(language: str) -> list[list[str]]:
    return [names.split() for names in MONTHS[language].split("|")]


def unaccented(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def tokens_of(form: str) -> list[str]:
    """Words and what stands between them, by turns, beginning with what stands before the first."""
    return re.split("(YYYY|YY|Month|Mon|MM|DD|HH24|HH12|MI|SS|AM|TZ)", form)


def read_time(text: str, notation: TimeNotation) -> datetime | None:
    """The instant, or None where the text is not in the notation."""
    named = {"epoch_seconds": _epoch, "epoch_milliseconds": _epoch, "excel_days": _excel}.get(notation.format)
    if named:
        return named(text, notation)
    found = re.fullmatch(_pattern(notation.format), text, re.DOTALL | re.ASCII)
    return _instant(found.groupdict(), notation) if found else None


def _epoch(text: str, notation: TimeNotation) -> datetime | None:
    digits, unit = (r"\d{1,10}", 1_000_000) if notation.format == "epoch_seconds" else (r"\d{11,13}", 1000)
    if not re.fullmatch(rf"{digits}(\.\d{{1,9}})?", text, re.ASCII):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(Decimal(text) * unit))


def _excel(text: str, notation: TimeNotation) -> datetime | None:
    if not re.fullmatch(r"\d{2,5}([.,]\d{1,18})?", text, re.ASCII):
        return None
    number = Decimal(text.replace(",", "."))
    day = int(number)
    if day < 61:
        return None
    millis = min(int((number - day) * DAY_MS + Decimal("0.5")), DAY_MS - 1)
    clock = datetime(1899, 12, 30) + timedelta(days=day, milliseconds=millis)
    return local_instant(clock, notation.timezone)


def _pattern(form: str) -> str:
    tokens = tokens_of(form)
    parts = []
    for at, token in enumerate(tokens):
        if at % 2:
            joined = (at > 1 and not tokens[at - 1] and tokens[at - 2] in DIGITS) or (
                at + 2 < len(tokens) and not tokens[at + 1] and tokens[at + 2] in DIGITS
            )
            parts.append(WORDS[token].replace(r"\d\d?", r"\d\d") if joined else WORDS[token])
        else:
            before = tokens[at + 1] if at + 1 < len(tokens) else ""
            literal = token.rstrip(" ") if before in ("AM", "TZ") else token
            parts.append(f"[{BLANKS}]+".join(map(re.escape, literal.split(" "))))
    return "".join(parts)


def _instant(found: dict[str, str | None], notation: TimeNotation) -> datetime | None:
    month = int(found["month"] or 0) if "month" in found else _month(found["name"] or "", notation.language)
    hour = _hour(int(found.get("hour") or 0), found.get("half"))
    fraction = (found.get("fraction") or "").ljust(6, "0")[:6]
    try:
        clock = datetime(
            _year(found["year"] or "", notation.pivot_year), month, int(found["day"] or 0),
            hour, int(found.get("minute") or 0), int(found.get("second") or 0), int(fraction or 0),
        )  # fmt: skip
    except ValueError:
        return None
    offset = found.get("offset")
    if offset is None:
        return local_instant(clock, notation.timezone)
    return _at_offset(clock, re.sub("^(UTC|GMT)", "", offset))


def _year(digits: str, pivot: int) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < pivot else 1900)


def _month(name: str, language: str) -> int:
    for number, names in enumerate(months_of(language), 1):
        if unaccented(name) in {unaccented(known) for known in names}:
            return number
    return 0


def _hour(hour: int, half: str | None) -> int:
    """24 and more is none."""
    if half is None:
        return hour
    return 99 if hour > 12 else hour % 12 + (12 if half in "Pp" else 0)


def _at_offset(clock: datetime, offset: str) -> datetime | None:
    if offset in ("", "Z", "z"):
        return clock.replace(tzinfo=UTC)
    digits = offset[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 15 or minutes > 59:
        return None
    shift = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
    return clock.replace(tzinfo=UTC) - shift


def local_instant(clock: datetime, zone: str, rule: str = "later") -> datetime | None:
    """Of a local time that comes twice or not at all by the rule: later, earlier or invalid."""
    early, late = (clock.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    if early == late or rule != "invalid":
        return max(early, late) if rule == "later" else min(early, late)
    return None


def read_amount(text: str, notation: AmountNotation) -> Decimal | None:
    """The number, or None where the text is not in the notation."""
    body, negative = text, False
    if re.match(r"\(.*\)\Z", body, re.DOTALL):
        body, negative = body[1:-1], True
    else:
        for at, rest in ((0, body[1:]), (-1, body[:-1])):
            if body and body[at] in f"+{MINUS}":
                body, negative = rest, body[at] in MINUS
                break
    signed = body is not text
    body = body.strip(BLANKS)
    for sign in sorted(notation.currency, key=len, reverse=True):
        if body.startswith(sign) or body.endswith(sign):
            body = body[len(sign) :] if body.startswith(sign) else body[: -len(sign)]
            body = body.strip(BLANKS)
            break
    if not signed and text != body and body[:1] and body[0] in f"+{MINUS}":  # € -12.50
        body, negative = body[1:].strip(BLANKS), body[0] in MINUS
    if body.endswith(notation.decimal) and text[-1:] in MINUS:  # 5,- is five without cents
        return None
    return _plain(body, negative, notation)


def _plain(body: str, negative: bool, notation: AmountNotation) -> Decimal | None:
    marks = {None: "", " ": BLANKS, "'": "'\u2019"}.get(notation.thousands, notation.thousands or "")
    point = re.escape(notation.decimal)
    grouped = rf"[1-9]\d{{0,2}}([{re.escape(marks)}]\d{{3}})+|" if marks else ""
    if not re.fullmatch(rf"({grouped}\d+)({point}\d*)?|{point}\d+", body, re.ASCII):
        return None
    plain = "".join(letter for letter in body if letter not in marks).replace(notation.decimal, ".")
    whole, _, decimals = plain.partition(".")
    if len(whole) > 18 or len(decimals.rstrip("0")) > 6:
        return None
    return Decimal(plain) * (-1 if negative else 1)
