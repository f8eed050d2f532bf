"""The entries of expectations.yaml for rules that are on by default: their names and their settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ready.definition.values import mapping_of
from ready.gate.rules import WAYS_OUT_OF_SOURCES
from ready.lint.document import Document, model_meta
from ready.lint.finding import Finding, nearest_or_all

FOLDERS = (Path("tests", "dbt", "gate"), Path("tests", "dbt", "after_build"))
SETTING = re.compile(r"rule_setting\(\s*'(\w+)'")
COMMON = ("severity", "enabled", "max_failures", "max_share")


def default_rules(product: Path, project: Path) -> dict[str, frozenset[str]]:
    """Rule -> what its entry can set, read from the files that define them.

    product: where the project's models come from; project: where dbt runs. In a checkout they are the same.
    """
    return {
        file.stem: frozenset([*COMMON, *SETTING.findall(file.read_text(encoding="utf-8"))])
        for folder in (
            *(product / part for part in FOLDERS),
            *(project / "tests" / part.name for part in FOLDERS),
        )
        for file in sorted(folder.glob("*.sql"))
    }


def rules_of_sources(rules: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Those of them that sources beside the orders have, too."""
    return {name: rules[name] for name in sorted(WAYS_OUT_OF_SOURCES)}


def check_default_rules(
    document: Document, rules: Mapping[str, frozenset[str]], model: str = "orders_parsed"
) -> Iterator[Finding]:
    """Names that no rule has, settings that the rule does not read. model: where they are set."""
    path, meta = model_meta(document, model)
    for name, entry in mapping_of(meta.get("default_rules")).items():
        at = (*path, "default_rules", name)
        if name not in rules:
            message = f"no rule that is on by default is called {name}"
            yield document.finding(at, message, nearest_or_all(str(name), rules))
            continue
        for key in mapping_of(entry):
            if key not in rules[name]:
                message = f"{name} has no setting {key}"
                yield document.finding((*at, key), message, nearest_or_all(str(key), rules[name]))
