"""The columns that orders.yaml maps, and faults that no schema can say."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ready.definition.values import mapping_of
from ready.lint.document import Document, KeyPath, is_jinja, model_meta
from ready.lint.finding import Finding
from ready.lint.schema import schema

# What stg.orders has, with its types, when nothing is added.
ORDERS_COLUMNS = {
    "order_id": "text", "customer_id": "text", "order_ts": "time", "amount": "number",
    "currency": "text", "status": "text", "channel": "text", "is_purchase": "boolean",
    "load_id": "number", "line_number": "number", "line_count": "number",
}  # fmt: skip
# Only where they are mapped, orders_parsed has them.
AVAILABLE_AT = "available_at"
OPTIONAL = (AVAILABLE_AT, "line_id")
RESERVED = Path("macros", "mapping", "reserved_names.sql")
SIGNS = Path("macros", "mapping", "plain_number.sql")
OWN_ENDINGS = ("_raw", "_text", "_to_date", "_of_order")
# As NAME_raw it must keep within the 63 letters of the database.
NAME = re.compile("[a-z_][a-z0-9_]{0,58}")
HOURS = {"HH24", "HH12", "HH"}
FORMAT_WORDS = "YYYY|YY|Month|Mon|MM|Day|DD|HH24|HH12|HH|MI|SS|AM|TZ|Z$"
NAMED_FORMATS = ("epoch_seconds", "epoch_milliseconds", "excel_days")
# The format of a time("name", 'format') in an expression.
TIME_CALL = r"""\btime\(\s*"[^"]+"\s*,\s*'([^']*)'\s*\)"""
OF_NUMBERS = ("decimal", "thousands", "currency", "round")
# To text anything can be cast, and a number other than nought always divides.
RAISING = {
    "to_date": r"\bto_date\s*\(",
    "to_timestamp": r"\bto_timestamp\s*\(",
    "to_number": r"\bto_number\s*\(",
    "::": r"::\s*(?!text\b|varchar\b|character varying\b)",
    "cast": r"(?s)\bcast\s*\(.*\bas\s+(?!text\b|varchar\b|character varying\b|string\b)",
    "make_date": r"\bmake_(date|timestamp|timestamptz|time|interval)\s*\(",
    "/": r"/(?!\s*[0-9.]*[1-9])",
}
# The nearest word at less would take country for a mistyped currency.
MISTYPED = 0.8


def canonical_columns() -> list[str]:
    """Those that orders_parsed always has."""
    mapped = schema("orders")["$defs"]["mapping"]["properties"]["columns"]["properties"]
    return [name for name in mapped if name not in OPTIONAL]


def reserved_names(project: Path) -> frozenset[str]:
    """The names that no column can take, read from the macro that refuses them."""
    listed = re.search(r"'([^']*)'\.split\(\)", (project / RESERVED).read_text(encoding="utf-8"))
    return frozenset(listed[1].split()) if listed else frozenset()


def currencies_of_signs(project: Path) -> dict[str, set[str]]:
    """The currencies that each sign may stand for, read from the macro that refuses several."""
    macro = (project / SIGNS).read_text(encoding="utf-8")
    listed = re.search(r"currencies_of_signs\(\) %}\s*{% do return\((\{.*?\})\)", macro, re.DOTALL)
    signs: dict[str, str] = ast.literal_eval(listed[1]) if listed else {}
    return {sign: set(codes.split()) for sign, codes in signs.items()}


def extra_columns(document: Document | None) -> dict[str, str] | None:
    """Columns with names of their own -> text or number; None where orders.yaml cannot be read."""
    if document is None or not isinstance(document.value, dict):
        return None
    return {
        name: str(mapping_of(entry).get("type", "text"))
        for name, entry in _columns(document).items()
        if name not in (*canonical_columns(), *OPTIONAL)
    }


def optional_columns(document: Document | None) -> list[str]:
    """Of the canonical columns that need not be there, those that orders.yaml maps."""
    if document is None or not isinstance(document.value, dict):
        return []
    return [name for name in OPTIONAL if name in _columns(document)]


def _columns(document: Document) -> Mapping[str, Any]:
    return mapping_of(model_meta(document, "orders_mapped")[1].get("columns"))


def check_mapping(document: Document, project: Path) -> Iterator[Finding]:
    """Names that cannot be or are mistyped, entries that say too much or too little."""
    signs = currencies_of_signs(project)
    path, meta = model_meta(document, "orders_mapped")
    columns = mapping_of(meta.get("columns"))
    if "lookup" in meta:
        message = "lookup: what orders look up is said of the model order_lookups"
        hint = "write it below orders_mapped: docs/sources.md, Look-ups"
        yield document.finding((*path, "lookup"), message, hint)
    yield from check_own_columns(document, path, columns, (*canonical_columns(), *OPTIONAL), project)
    for name, entry in columns.items():
        at = (*path, "columns", name)
        yield from _marks(document, at, name, mapping_of(entry))
        yield from _currency(document, at, name, mapping_of(entry), signs)
        yield from _time_format(document, at, name, mapping_of(entry))
        yield from _raising(document, (*at, "expression"), name, mapping_of(entry).get("expression"))
        if isinstance(entry, dict) and ("column" in entry) == ("expression" in entry):
            yield document.finding(at, f"{name}: give one of column and expression")


def _marks(document: Document, at: KeyPath, name: str, entry: Mapping[str, Any]) -> Iterator[Finding]:
    """One mark for both would make 1.50 the number 150."""
    decimal = entry.get("decimal", ".")
    if entry.get("thousands") == decimal:
        hint = "give decimal as well" if "decimal" not in entry else None
        yield document.finding(
            (*at, "thousands"), f"{name}: thousands and decimal are the same mark, {decimal}", hint
        )


def _currency(
    document: Document, at: KeyPath, name: str, entry: Mapping[str, Any], signs: Mapping[str, set[str]]
) -> Iterator[Finding]:
    """Amounts of several currencies are never added up; as macros/mapping/plain_number.sql has it."""
    given = entry.get("currency")
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    known = [
        signs.get(str(sign)) or ({sign} if re.fullmatch("[A-Z]{3}", str(sign)) else set()) for sign in listed
    ]
    meant = [codes for codes in known if codes]
    if meant and not set.intersection(*meant):
        yield document.finding(
            (*at, "currency"),
            f"{name}: {', '.join(map(str, listed))} are several currencies, and amounts are summed",
            "name the signs of one; amounts in others are invalid then, for a rule to set aside",
        )


def _time_format(document: Document, at: KeyPath, name: str, entry: Mapping[str, Any]) -> Iterator[Finding]:
    """What macros/mapping/zoned_iso_timestamp.sql would leave out or refuse, and settings without effect."""
    formats = [("expression", text) for text in re.findall(TIME_CALL, str(entry.get("expression", "")))]
    if isinstance(entry.get("format"), str):
        formats.append(("format", entry["format"]))
    if any(is_jinja(text) for _, text in formats):
        return
    words = {word for _, text in formats for word in re.findall(FORMAT_WORDS, text)}
    for key, needed in {"language": ("Mon", "Month"), "pivot_year": ("YY",)}.items():
        if key in entry and not words & set(needed):
            fault = f"{name}: {key} is of no use without {' or '.join(needed)} in the format"
            yield document.finding((*at, key), fault)
    for key, text in formats:
        yield from _format_words(document, (*at, key), name, text)


def _format_words(document: Document, at: KeyPath, name: str, text: str) -> Iterator[Finding]:
    if text in NAMED_FORMATS:
        return
    words = re.findall(FORMAT_WORDS, text)
    twice = [word for word in dict.fromkeys(words) if words.count(word) > 1]
    months, years = {"MM", "Mon", "Month"} & set(words), {"YYYY", "YY"} & set(words)
    is_date = "DD" in words and months and years
    faults = {
        f"has {' and '.join(twice)} more than once": bool(twice),
        "needs a day, a month and a year": at[-1] == "expression" and not is_date,
        "has both YYYY and YY": len(years) > 1,
        f"has both {' and '.join(sorted(months))}": len(months) > 1,
        "has HH, which may be of 24 or 12 hours": "HH" in words,
        "has both HH24 and HH12": {"HH24", "HH12"} <= set(words),
        "has minutes or seconds without the hour": {"MI", "SS"} & set(words) and not HOURS & set(words),
        "has seconds without minutes": "SS" in words and "MI" not in words,
        "has HH12 without AM": "HH12" in words and "AM" not in words,
        "has AM without HH12": "AM" in words and "HH12" not in words,
        "has TZ without minutes": {"TZ", "Z"} & set(words) and "MI" not in words,
    }
    for fault, is_there in faults.items():
        if is_there:
            hint = "write HH24, or HH12 with AM; MI for minutes, MM for the month"
            yield document.finding(at, f"{name}: the format {text} {fault}", hint)


def _raising(document: Document, at: KeyPath, name: str, expression: Any) -> Iterator[Finding]:
    """SQL that raises on a text it cannot read: all values of such a row would be lost in one error."""
    if not isinstance(expression, str) or is_jinja(expression):
        return
    sql = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "''", expression)
    found = [shown for shown, pattern in RAISING.items() if re.search(pattern, sql, re.IGNORECASE)]
    if found:
        message = f"{name}: {', '.join(found)} can raise on a row, whose value is invalid then"
        hint = 'number("...") and time("...", \'format\') read texts, and say which they cannot'
        yield document.finding(at, message, hint).as_warning()


def check_own_columns(
    document: Document,
    path: KeyPath,
    columns: Mapping[str, Any],
    known: Collection[str],
    project: Path,
    key: str = "columns",
) -> Iterator[Finding]:
    """Columns of one's own whose names cannot be, or are mistyped. known: those that any mapping has.

    key: where the mapping has them.
    """
    reserved = reserved_names(project)
    for name, entry in columns.items():
        if name not in known:
            at = (*path, key, name)
            yield from _own_name(document, at, name, columns, reserved, known)
            yield from _type(document, at, mapping_of(entry))


def _own_name(
    document: Document,
    at: KeyPath,
    name: str,
    columns: Collection[str],
    reserved: Collection[str],
    known: Collection[str],
) -> Iterator[Finding]:
    near = difflib.get_close_matches(name, set(known) - set(columns), n=1, cutoff=MISTYPED)
    if near:
        yield document.finding(at, f"unknown key {name}", f"did you mean {near[0]}?")
    elif not NAME.fullmatch(name):
        rule = "lower case letters, digits and _, at most 59"
        yield document.finding(at, f"{at[-2]}: {name} is no column name", rule)
    elif name in reserved or name.endswith(OWN_ENDINGS):
        message = f"{at[-2]}: {name} has a meaning of its own already"
        yield document.finding(at, message, "choose another name")


def _type(document: Document, at: KeyPath, entry: Mapping[str, Any]) -> Iterator[Finding]:
    for key in OF_NUMBERS:
        if key in entry and entry.get("type") != "number":
            yield document.finding((*at, key), f"{key} needs type: number beside it")
