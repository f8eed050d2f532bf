"""Which encoding and delimiter a file has, from its first megabyte."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter

from loader.format import Format
from loader.options import LoadOptions, check_encoding
from loader.text import decode

DELIMITERS = ",;\t|"
SAMPLE_BYTES = 1 << 20
SAMPLE_RECORDS = 200
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
# Where the letters of European languages lie beyond ASCII.
CP1252_LETTERS = frozenset([0x8A, 0x8C, 0x8E, 0x9A, 0x9C, 0x9E, 0x9F, *range(0xC0, 0x100)]) - {0xD7, 0xF7}
CP437_LETTERS = frozenset([*range(0x80, 0x9B), *range(0xA0, 0xA6), 0xE1])


def detect(sample: bytes, options: LoadOptions) -> Format:
    """Raises InputError for an encoding given that does not exist."""
    notes: list[str] = []
    if options.encoding:
        encoding = check_encoding(options.encoding).replace("utf-8-sig", "utf-8")
    else:
        encoding = _encoding(sample, notes)
    text = decode(sample, encoding)
    newline = _newline(text, options)
    delimiter = options.delimiter or _delimiter(text, newline, options.quote, notes)
    return Format(encoding, delimiter, newline, options.quote, options.escape or "", tuple(notes))


def _newline(text: str, options: LoadOptions) -> str:
    """`\\r` where lone carriage returns outside quotes outnumber newlines."""
    if options.escape:
        text = re.sub(f"(?s){re.escape(options.escape)}.", "", text)
    quote = re.escape(options.quote)
    unquoted = re.sub(f"{quote}[^{quote}]*{quote}", "", text)
    lone_returns = unquoted.count("\r") - unquoted.count("\r\n")
    return "\r" if lone_returns > unquoted.count("\n") else "\n"


def _encoding(sample: bytes, notes: list[str]) -> str:
    for bom, name in BOMS:
        if sample.startswith(bom):
            return name
    if wide := _utf16_without_bom(sample):
        notes.append(f"no byte order mark; taken as {wide} because every other byte is zero")
        return wide
    good, bad = _utf8_evidence(sample)
    if not bad:
        return "utf-8"
    if good > bad:
        notes.append(f"{bad} byte(s) in the first megabyte are not utf-8; taken as utf-8 all the same")
        return "utf-8"
    name = _single_byte(sample)
    notes.append(f"not utf-8; taken as {name}, which is a guess: fix it with --encoding or in the configs")
    return name


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


def _single_byte(sample: bytes) -> str:
    """cp1252 or cp437: the one in which more of the bytes beyond ASCII are letters."""
    counts = Counter(byte for byte in sample if byte >= 0x80)
    windows = sum(n for byte, n in counts.items() if byte in CP1252_LETTERS)
    dos = sum(n for byte, n in counts.items() if byte in CP437_LETTERS)
    return "cp437" if dos > windows else "cp1252"


def _delimiter(text: str, newline: str, quote: str, notes: list[str]) -> str:
    """The delimiter that gives the most records the header's number of fields, then the most fields.

    Or what a first line `sep=;` says, as Excel writes it.
    """
    if told := re.match('sep=([^\\w\\s"]|\\t)\\r?\\n', text):
        return told[1]
    candidates = [delimiter for delimiter in DELIMITERS if delimiter != quote]
    scores = {delimiter: _score(text, newline, quote, delimiter) for delimiter in candidates}
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


def _score(text: str, newline: str, quote: str, delimiter: str) -> tuple[float, int]:
    """Share of the first records that have the header's number of fields (> 1), and that number."""
    lines = io.StringIO(text, newline=newline)
    counts: list[int] = []
    try:
        for fields in csv.reader(lines, delimiter=delimiter, quotechar=quote):
            if fields:
                counts.append(len(fields))
            if len(counts) > SAMPLE_RECORDS:
                break
    except csv.Error:  # a lone carriage return in a field
        pass
    if not counts or counts[0] < 2:
        return 0.0, 1
    if len(counts) > 2 and len(text) >= SAMPLE_BYTES // 4:
        counts.pop()  # may be cut off
    return counts.count(counts[0]) / len(counts), counts[0]
