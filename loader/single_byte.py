"""Which encoding a file has that is no Unicode: a guess, from what its letters and signs stand beside.

Read in the wrong encoding a name has a capital, a sign or a letter of another alphabet in its middle.
Each candidate pays for what real text does not have. Windows-1252 is by far the likeliest file, so
another encoding is taken only where bytes are impossible or absurd in it.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import islice

from loader.text import BYTE_BASE, decode

LIKELIEST = "cp1252"
# In the order in which they win when they read a file equally well.
OTHERS = (
    "cp932",
    "iso8859-15",
    "cp1254",
    "cp1250",
    "cp437",
    "cp850",
    "mac-roman",
    "cp1251",
    "koi8-r",
    "cp866",
)
LINES = 200
LONGEST = 200
# At least one character of a line must cost so much in cp1252, before another encoding can win.
ABSURD = 2.5
IMPOSSIBLE = 10.0
ASCII, BEYOND_ASCII = bytes(range(128)), bytes(range(128, 256))

WESTERN = frozenset("äöüÄÖÜßàâæçèéêëîïôœùûÀÂÆÇÈÉÊËÎÏÔŒÙÛŸáíñóúÁÍÑÓÚãõÃÕìòÌÒåøÅØÿ")
TURKISH = frozenset("çğıöşüÇĞİÖŞÜâîûÂÎÛ")
CENTRAL = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽäôľĺŕÄÔĽĹŔöőüűÖŐÜŰßđĐăâîşţĂÂÎŞŢ")
HOME = {"cp1254": TURKISH, "cp1250": CENTRAL}
RARE_RUSSIAN = frozenset("ЂЃѓЉЊЌЋЏђљњќћџЎўЈҐЁєЄїЇјЅѕґ")
# Signs of prices and texts; all others are rarer.
USUAL_SIGNS = frozenset("’‘“”„–—…•€£©®™°§²³½¼¾«»¿¡×±µ·´\xa0")


def guess(sample: bytes) -> str:
    """The encoding in which the lines beyond ASCII cost least; cp1252 unless it is absurd."""
    odd = islice((_odd_part(line) for line in sample.splitlines() if not line.isascii()), 4 * LINES)
    lines = list(dict.fromkeys(odd))[:LINES]
    likeliest = [_costs(line, LIKELIEST) for line in lines]
    if max((cost for costs in likeliest for cost in costs), default=0.0) < ABSURD:
        return LIKELIEST
    totals = {name: sum(sum(_costs(line, name)) for line in lines) for name in OTHERS}
    best = min(OTHERS, key=lambda name: totals[name])
    return best if totals[best] + ABSURD / 2 <= sum(map(sum, likeliest)) else LIKELIEST


def _odd_part(line: bytes) -> bytes:
    """The line, or what is around its first byte beyond ASCII, no character cut in two."""
    if len(line) <= LONGEST:
        return line
    start = max(0, len(line) - len(line.lstrip(ASCII)) - LONGEST // 4)
    return line[start : start + LONGEST].rstrip(BEYOND_ASCII)


def _costs(line: bytes, encoding: str) -> list[float]:
    """What each character beyond ASCII costs."""
    text = decode(line, encoding)
    padded = f" {text} "
    return [
        _cost(char, padded[at], padded[at + 2], encoding)
        for at, char in enumerate(text)
        if not char.isascii()
    ]


def _cost(char: str, before: str, after: str, encoding: str) -> float:
    kind = _kind(char)
    if kind == "broken":
        return IMPOSSIBLE
    neighbours = [neighbour for neighbour in (before, after) if neighbour.isalpha()]
    if kind == "sign":
        return _sign(char, before, after)
    if kind == "asian":
        return _asian(char, before, after)
    same = [n for n in neighbours if (_kind(n) == kind) or (kind == "latin" and n.isascii())]
    cost = 5.0 * (len(neighbours) - len(same)) + _case(char, before, after)
    if not neighbours:
        usual = (char.islower() or char == "Ø") and not (before.isdigit() or after.isdigit())
        cost += 2.0 if usual else 3.0
    if kind == "cyrillic":
        return cost + (2.0 if char in RARE_RUSSIAN else 0.0)
    if before.isalpha() and after.isalpha() and not (before.isascii() or after.isascii()):
        cost += 3.0  # three letters with marks in a row are those of another alphabet
    return cost + _strangeness(char, before, after, encoding)


def _strangeness(char: str, before: str, after: str, encoding: str) -> float:
    """How rare a Latin letter is in the languages written in an encoding, and at its place in a word."""
    if encoding in HOME:
        return 0.2 if char in HOME[encoding] else 3.0
    inside = after.isalpha()
    is_misplaced = (
        (char in "ùì" and inside)  # Italian and French have them at the end of words
        or (char == "õ" and inside and after != "e")  # Portuguese has it before e
        or (char == "ø" and inside and not after.isascii())
        or (char == "æ" and before == "i" and not inside)
    )
    if is_misplaced:
        return 3.0
    if char in "ðþÐÞÝý":
        return 1.5 if char == "ý" else 2.5
    return 0.0 if char in WESTERN else 0.5


def _case(char: str, before: str, after: str) -> float:
    """A capital behind a small letter, a small letter between capitals, a capital inside a word."""
    if char.isupper():
        inside = before.isalpha() and (before.islower() or after.islower())
        return 4.0 if inside else 0.0
    return 4.0 if after.isupper() or (before.isupper() and after.isupper()) else 0.0


def _sign(char: str, before: str, after: str) -> float:
    behind, ahead = before.isalpha(), after.isalpha()
    if char in "’ªº":
        return 0.0 if char == "’" or behind else 1.0
    if char in "\xa0–·—":
        return 1.0 if behind and ahead else 0.3
    if char not in USUAL_SIGNS:
        return 6.0 if behind or ahead else 3.0
    misplaced = (behind and char in "€£½¼¾±×¿¡") or (ahead and char in "€£½¼¾±×²³")
    return 5.0 if behind and ahead else 3.0 if misplaced else 0.3


def _asian(char: str, before: str, after: str) -> float:
    """Kana and kanji stand in words of their own kind."""
    company = sum(_kind(neighbour) == "asian" for neighbour in (before, after))
    mixed = sum(neighbour.isascii() and neighbour.isalpha() for neighbour in (before, after))
    halfwidth = "\uff61" <= char <= "\uff9f"
    return 3.0 * mixed + (0.0 if company else 2.0) + (0.5 if halfwidth else 0.0)


@cache
def _kind(char: str) -> str:
    """broken, sign, latin, cyrillic, asian or other."""
    if BYTE_BASE <= ord(char) < BYTE_BASE + 256 or unicodedata.category(char) in ("Cc", "Co", "Cn"):
        return "broken"
    if char in "ªº" or not char.isalpha():
        return "sign"
    name = unicodedata.name(char, "")
    for word, kind in (("LATIN", "latin"), ("CYRILLIC", "cyrillic"), ("CJK", "asian")):
        if name.startswith(word):
            return kind
    return "asian" if "KATAKANA" in name or "HIRAGANA" in name else "other"
