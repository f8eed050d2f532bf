"""Names of checks: where two have one, the result of one would stand for both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ready.definition.values import list_of, mapping_of
from ready.lint.document import Document
from ready.lint.finding import Finding, shown_path
from ready.lint.rules import AttachedTest, attached_tests


def check_names(documents: Mapping[str, Document], default_rules: Mapping[str, Any]) -> Iterator[Finding]:
    """Checks with the name of another, of a rule that is on by default, or equal to another."""
    seen: dict[str, str] = {}
    for document, model, test in _all_tests(documents):
        name = test.setting("name")
        called = name if isinstance(name, str) else ""
        key = called or _content(model, test)
        finding = document.finding(test.path, "")
        message, hint = (
            (f"another check is called {called}", "give each a name of its own, or none")
            if called
            else (f"the same check ({test.name}) is there twice", "take one out, or give it a name")
        )
        if called in default_rules:
            yield document.finding(test.path, f"{called} is the name of a rule that is on by default", hint)
        elif key in seen:
            yield document.finding(test.path, f"{message}: {seen[key]}", hint)
        seen.setdefault(key, f"{shown_path(finding.file)}:{finding.line}")


def check_switched_off(documents: Mapping[str, Document]) -> Iterator[Finding]:
    """Checks that are there and do not run, which a list of checks that passed does not name."""
    for document, _, test in _all_tests(documents):
        if test.setting("enabled") is False:
            path, _ = test.given["enabled"]
            on = f" on {test.column}" if test.column else ""
            yield document.finding(
                path, f"{test.name}{on} is switched off, so it checks nothing"
            ).as_warning()


def _all_tests(documents: Mapping[str, Document]) -> Iterator[tuple[Document, str, AttachedTest]]:
    for document in documents.values():
        models = list_of(document.value.get("models")) if isinstance(document.value, dict) else []
        for name in dict.fromkeys(str(mapping_of(model).get("name")) for model in models):
            for test in attached_tests(document, name):
                yield document, name, test


def _content(model: str, test: AttachedTest) -> str:
    """What dbt makes a name of: the test, its table and its arguments, whatever its config."""
    arguments = {
        name: value
        for name, (path, value) in test.given.items()
        if "config" not in path[-3:] and name not in ("config", "arguments", "description", "test_name")
    }
    return json.dumps([model, test.column, test.name, arguments], sort_keys=True, default=str)
