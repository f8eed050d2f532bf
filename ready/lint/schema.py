"""Checks a document against its JSON schema and says in words what is wrong."""

from __future__ import annotations

import codecs
import functools
import json
import zoneinfo
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import referencing
from jsonschema.exceptions import ValidationError

from ready.lint.document import Document, KeyPath, is_jinja
from ready.lint.finding import Finding, nearest, nearest_or_all

SCHEMAS = Path(__file__).parents[1] / "configs_schema"
TYPE_WORDS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "a mapping", "null": "empty",
}  # fmt: skip

FORMATS = jsonschema.FormatChecker(formats=())


def _is_date(value: object) -> bool:
    return not isinstance(value, str) or (len(value) == 10 and bool(date.fromisoformat(value)))


def _is_timezone(value: object) -> bool:
    """Where the machine has no list of time zones, the database decides."""
    known = zoneinfo.available_timezones()
    return not isinstance(value, str) or not known or value in known


def _is_encoding(value: object) -> bool:
    return not isinstance(value, str) or bool(codecs.lookup(value))


FORMATS.checks("encoding", raises=LookupError)(_is_encoding)
FORMATS.checks("date", raises=ValueError)(_is_date)
FORMATS.checks("timezone")(_is_timezone)


def _is_integer(_: Any, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# In JSON 7.0 is an integer; here it would name a column orders_7.0d.
_TYPES = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
_Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=_TYPES)


@functools.cache
def schema(name: str) -> Mapping[str, Any]:
    """A schema by its file name without `.schema.json`."""
    content: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return content


@functools.cache
def _registry() -> referencing.Registry[Any]:
    resources = (
        referencing.Resource.from_contents(json.loads(f.read_text())) for f in SCHEMAS.glob("*.json")
    )
    return resources @ referencing.Registry()


def check_schema(
    document: Document, value: Any, path: KeyPath, wanted: Mapping[str, Any]
) -> Iterator[Finding]:
    """Findings for `value`, at `path` of the document. `wanted` may refer to the shipped schemas."""
    validator = _Validator(wanted, registry=_registry(), format_checker=FORMATS)
    for error in validator.iter_errors(value):
        yield from _findings(document, error, path)


def _findings(document: Document, error: ValidationError, start: KeyPath) -> Iterator[Finding]:
    path: KeyPath = (*start, *error.absolute_path)
    kind, instance = error.validator, error.instance
    if is_jinja(instance):
        return
    if kind == "additionalProperties" and isinstance(error.validator_value, bool):
        for key in _unknown_keys(error):
            yield document.finding(
                (*path, key), f"unknown key {key}", nearest_or_all(key, error.schema["properties"])
            )
    elif kind == "required":
        missing = next(key for key in error.validator_value if key not in instance)
        yield document.finding(path, f"{_subject(path)} has no {missing}")
    elif kind == "dependentRequired":
        pairs = error.validator_value.items()
        present, absent = next((a, b[0]) for a, b in pairs if a in instance and b[0] not in instance)
        yield document.finding((*path, present), f"{present} needs {absent} beside it")
    elif kind == "enum":
        hint = nearest(str(instance), map(str, error.validator_value))
        choices = ", ".join(map(str, error.validator_value))
        yield document.finding(path, f"{_subject(path)}: {_shown(instance)} is not one of {choices}", hint)
    else:
        yield document.finding(path, f"{_subject(path)}: {_shown(instance)} is not {_expected(error)}")


def _unknown_keys(error: ValidationError) -> list[str]:
    return [key for key in error.instance if key not in error.schema.get("properties", {})]


def _expected(error: ValidationError) -> str:
    if error.schema.get("title"):
        return str(error.schema["title"])
    limit = error.validator_value
    if error.validator == "type":
        types = [limit] if isinstance(limit, str) else limit
        return " or ".join(TYPE_WORDS[name] for name in types)
    words = {"minimum": f"at least {limit}", "maximum": f"at most {limit}", "const": str(limit),
             "minLength": "a text that is not empty"}  # fmt: skip
    return words.get(str(error.validator), f"valid: {error.message}")


def _subject(path: KeyPath) -> str:
    """The nearest key, with the place in its list: windows[2]."""
    if not path:
        return "the file"
    last = path[-1]
    return f"{_subject(path[:-1])}[{last + 1}]" if isinstance(last, int) else last


def _shown(value: Any) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, dict | list):
        return TYPE_WORDS["object" if isinstance(value, dict) else "array"]
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"
