"""Which encoding and delimiter a file has, from its first megabyte."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice

from loader.errors import FileRefused
from loader.format import Format
from loader.header import from_header_on
from loader.kinds import refuse_markup, refuse_other_kinds
from loader.options import LoadOptions, check_encoding
from loader.records import RecordSplitter
from loader.single_byte import guess
from loader.text import decode, escaped, mask

DELIMITERS = ",;\t|"
SAMPLE_BYTES = 1 << 20
SAMPLE_RECORDS = 200
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
SURVEY_CHARACTERS = 1 << 18
SHOWN = 60


@dataclass(frozen=True)
class Detected:
    """How a file is written, how its text begins from the header on, and the lines above."""

    format: Format
    text: str
    lines_above: int


def detect(sample: bytes, options: LoadOptions, label: str) -> Detected:
    """Raises FileRefused for what is no CSV, or has no such header; InputError for an unknown encoding."""
    notes: list[str] = []
    refuse_other_kinds(label, sample)
    encoding, is_guess = _encoding(sample, options, notes, label)
    text = decode(sample, encoding).removeprefix("\ufeff")
    refuse_markup(label, text)
    newline = _newline(text, options)
    lines_above, text = from_header_on(text, newline, options, label)
    records = _without_comments(text, newline, options.comment)
    delimiter = options.delimiter or _delimiter(records, newline, options.quote, notes)
    form = Format(encoding, delimiter, newline, options.quote, options.escape or "", is_guess=is_guess)
    if _quotes_behind_blanks(records, form):
        notes.append("values are quoted behind a blank: blanks at the start of a field are no data")
        form = replace(form, skip_blanks=True)
    form = replace(form, comment=options.comment or "", notes=tuple(notes))
    return Detected(form, text[:SURVEY_CHARACTERS], lines_above)


def _without_comments(text: str, newline: str, comment: str | None) -> str:
    """Without lines that begin with the comment's mark, and without blank ones before the first record."""
    head = text[:SURVEY_CHARACTERS] if comment else text
    lines = (line for line in head.split(newline) if not line.startswith(comment)) if comment else None
    return (newline.join(lines) if lines is not None else head).lstrip("\r\n")


def _newline(text: str, options: LoadOptions) -> str:
    """`\\r` where lone carriage returns outside quotes outnumber newlines."""
    if options.escape:
        text = re.sub(f"(?s){re.escape(options.escape)}.", "", text)
    quote = re.escape(options.quote)
    unquoted = re.sub(f"{quote}[^{quote}]*{quote}", "", text)
    lone_returns = unquoted.count("\r") - unquoted.count("\r\n")
    return "\r" if lone_returns > unquoted.count("\n") else "\n"


def _encoding(sample: bytes, options: LoadOptions, notes: list[str], label: str) -> tuple[str, bool]:
    """Its name, and whether it is no more than a guess. Raises FileRefused for another than the one set."""
    given = check_encoding(options.encoding).replace("utf-8-sig", "utf-8") if options.encoding else None
    marked = _byte_order_mark(sample, given)
    if given and (marked is None or marked.startswith(given)):
        _refuse_utf8(sample, given, label)
        return given, False
    if marked:
        if given and given != marked:
            notes.append(f"read as {marked}, as its byte order mark says, and not as the {given} that is set")
        return marked.removesuffix("-le").removesuffix("-be"), False  # the codec that takes the mark away
    if wide := _utf16_without_bom(sample):
        notes.append(f"no byte order mark; taken as {wide} because every other byte is zero")
        return wide, False
    good, bad = _utf8_evidence(sample)
    if not bad:
        return "utf-8", False
    if good > bad:
        notes.append(f"{bad} byte(s) in the first megabyte are not utf-8; taken as utf-8 all the same")
        return "utf-8", False
    name = guess(sample)
    notes.append(
        f"not utf-8; taken as {name}, which is a guess: fix it with --encoding or in the configs;"
        f" {_first_beyond_ascii(sample, name)}"
    )
    return name, True


def _refuse_utf8(sample: bytes, given: str, label: str) -> None:
    """What exported cp1252 last month may export UTF-8 today; no other text is valid UTF-8 by chance."""
    if given.startswith("utf"):
        return
    good, bad = _utf8_evidence(sample)
    if good and not bad:
        raise FileRefused(
            f"{label} is UTF-8, and encoding: {given} is set: {_first_beyond_ascii(sample, given)}",
            hint="take encoding out of orders.yaml, so that each file's own is found, or set utf-8",
        )


def _byte_order_mark(sample: bytes, given: str | None) -> str | None:
    """Two bytes may be letters in the encoding given, where no byte is zero."""
    found = next(((bom, name) for bom, name in BOMS if sample.startswith(bom)), None)
    if found is None or (given and len(found[0]) == 2 and b"\0" not in sample):
        return None
    return found[1]


def _first_beyond_ascii(sample: bytes, encoding: str) -> str:
    """Where the first byte is that the guess is about, and how it reads."""
    found = re.search(rb"[\x80-\xff]", sample)
    at = found.start() if found else 0
    before = sample[:at]
    line = before.count(b"\n") or before.count(b"\r")
    start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
    text = decode(re.split(rb"[\r\n]", sample[max(start, at - SHOWN // 2) :], maxsplit=1)[0], encoding)
    return f"line {line + 1} reads {escaped(text[:SHOWN])}"


def _utf16_without_bom(sample: bytes) -> str | None:
    head = sample[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half and odd > 0.7 * half and even == 0:
        return "utf-16-le"
    return "utf-16-be" if half and even > 0.7 * half and odd == 0 else None


def _utf8_evidence(sample: bytes) -> tuple[int, int]:
    """How many characters beyond ASCII are valid UTF-8, and how many bytes are not."""
    # The sample may end within a character.
    text = decode(sample[: len(sample) - 4] if len(sample) >= SAMPLE_BYTES else sample, "utf-8")
    if text.isascii():
        return 0, 0
    bad = sum(map(text.count, map(chr, range(0xDC80, 0xDD00))))
    return sum(not char.isascii() for char in text) - bad, bad


def _delimiter(text: str, newline: str, quote: str, notes: list[str]) -> str:
    """The delimiter that gives the most records the header's number of fields, then the most fields.

    Or what a first line `sep=;` says, as Excel writes it.
    """
    if named := re.match('sep=([^\\w\\s"]|\\t)\\r?\\n', text):
        return named[1]
    candidates = [delimiter for delimiter in DELIMITERS if delimiter != quote]
    counts = {delimiter: _counts(text, newline, quote, delimiter) for delimiter in candidates}
    scores = {delimiter: _score(counts[delimiter]) for delimiter in candidates}
    if max(share for share, _ in scores.values()) < 0.5:  # the first line may be no header
        scores = {delimiter: _majority(counts[delimiter]) for delimiter in candidates}
    best = max(candidates, key=lambda delimiter: scores[delimiter])
    share, fields = scores[best]
    rivals = [d for d in candidates if d != best and scores[d][1] > 1 and scores[d][0] >= share]
    if fields <= 1:
        notes.append("no delimiter found: taken as one column (comma)")
        return ","
    if rivals or share < 0.5:
        other = f", {DELIMITER_NAMES[rivals[0]]} would fit as well" if rivals else ""
        notes.append(f"delimiter not certain: taken as {DELIMITER_NAMES[best]}{other}")
    return best


def _counts(text: str, newline: str, quote: str, delimiter: str) -> list[int]:
    """The numbers of fields of the first records."""
    lines = io.StringIO(text, newline=newline)
    counts: list[int] = []
    try:
        for fields in csv.reader(lines, delimiter=delimiter, quotechar=quote, skipinitialspace=True):
            if fields:
                counts.append(len(fields))
            if len(counts) > SAMPLE_RECORDS:
                break
    except csv.Error:  # a lone carriage return in a field
        pass
    if len(counts) > 2 and len(text) >= SAMPLE_BYTES // 4:
        counts.pop()  # may be cut off
    return counts


def _score(counts: list[int]) -> tuple[float, int]:
    """Share of the first records that have the header's number of fields (> 1), and that number."""
    if not counts or counts[0] < 2:
        return 0.0, 1
    return counts.count(counts[0]) / len(counts), counts[0]


def _majority(counts: list[int]) -> tuple[float, int]:
    """The same for the number of fields that most records have which have several."""
    several = Counter(count for count in counts if count > 1)
    fields, records = max(several.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    return (records / len(counts), fields) if records > 1 else (0.0, 1)


def _quotes_behind_blanks(text: str, form: Format) -> bool:
    """Whether most of the first records have `, "`, and nearly all can be read that way."""
    quoted = re.compile(rf"{re.escape(form.delimiter)} +{re.escape(form.quote)}")
    if not quoted.search(text, 0, SURVEY_CHARACTERS):
        return False
    splitter = RecordSplitter(
        mask(text[:SURVEY_CHARACTERS], form.newline), replace(form, skip_blanks=True), 1
    )
    records = list(islice(splitter, SAMPLE_RECORDS))
    below = [splitter.raw(record) for record in records[1:] or records]
    hits = sum(quoted.search(raw) is not None and _has_blank_and_quote(raw, form) for raw in below)
    faults = sum(record.fault is not None for record in records)
    return hits * 2 > len(below) and faults * 10 <= len(records)


def _has_blank_and_quote(raw: str, form: Format) -> bool:
    """A field that is no text in quotes has them behind a blank."""
    try:
        fields: list[str] = next(form.reader(io.StringIO(raw, newline=form.newline)), [])
    except csv.Error:
        return True
    return any(field.startswith(" ") and field.lstrip(" ").startswith(form.quote) for field in fields)
