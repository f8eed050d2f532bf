"""The entries of expectations.yaml for rules that are on by default: their names and their settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ready.lint.document import Document, list_of, mapping_of
from ready.lint.finding import Finding, nearest_or_all

RULES = Path("tests", "dbt", "gate")
SETTING = re.compile(r"rule_setting\(\s*'(\w+)'")
THRESHOLDS = ("max_failures", "max_share")


def default_rules(project: Path) -> dict[str, frozenset[str]]:
    """Rule -> what its `meta:` can set, read from the files that define them."""
    return {
        file.stem: frozenset([*THRESHOLDS, *SETTING.findall(file.read_text(encoding="utf-8"))])
        for file in sorted((project / RULES).glob("*.sql"))
    }


def check_default_rules(document: Document, rules: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """Names that no rule has, entries that come twice, settings that the rule does not read."""
    entries = document.value.get("data_tests") if isinstance(document.value, dict) else None
    seen: set[str] = set()
    for index, entry in enumerate(list_of(entries)):
        name = mapping_of(entry).get("name")
        if not isinstance(name, str):
            continue
        at = ("data_tests", index)
        if name not in rules:
            message = f"no rule that is on by default is called {name}"
            yield document.finding((*at, "name"), message, nearest_or_all(name, rules))
            continue
        if name in seen:
            yield document.finding((*at, "name"), f"the rule {name} is there twice")
        seen.add(name)
        for key in mapping_of(mapping_of(mapping_of(entry).get("config")).get("meta")):
            if key not in rules[name]:
                message = f"{name} has no setting {key}"
                yield document.finding(
                    (*at, "config", "meta", key), message, nearest_or_all(key, rules[name])
                )
