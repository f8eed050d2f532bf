"""The gate's rules beside a mapping that was just written: those on columns that it does not map."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ready.definition.mapping import orders_meta
from ready.lint.document import read_document
from ready.lint.mapping import canonical_columns
from ready.lint.rules import PARSED, attached_tests
from ready.settings import Settings
from ready.workspace.config_files import shipped_config

BLOCK = re.compile(r"(?m)^(?=      - name: )")
ONCE_A_FILE = re.compile(r"(?m)^ +- unique_within_load\b.*\n")


def fit_expectations(settings: Settings) -> str | None:
    """Take rules that cannot fit the mapping out of an unchanged copy of the shipped ones.

    What a person has written stays. Returns in words what was done, or is to be done.
    """
    file = settings.configs / "expectations.yaml"
    if not file.exists() or file == settings.product_dir / "configs" / "expectations.yaml":
        return None
    meta = orders_meta(settings.configs)
    unmapped = _unmapped(file, meta)
    is_line = meta.get("grain") == "order_line"
    text = file.read_text(encoding="utf-8")
    if not unmapped and not (is_line and ONCE_A_FILE.search(text)):
        return None
    named = [f"on {', '.join(unmapped)}"] if unmapped else []
    named += ["unique_within_load"] if is_line and ONCE_A_FILE.search(text) else []
    rules = f"rules that do not fit the mapping ({' and '.join(named)})"
    if text != shipped_config(settings, "expectations.yaml"):
        return f"{file} has {rules}: take them out, or map the columns"
    blocks = [block for block in BLOCK.split(text) if not _is_of(block, unmapped)]
    text = "".join(blocks)
    file.write_text(ONCE_A_FILE.sub("", text) if is_line else text, encoding="utf-8")
    return f"Took {rules} out of {file}"


def _unmapped(file: Path, meta: dict[str, Any]) -> list[str]:
    """Canonical columns that have rules and are not mapped."""
    document = read_document(file)
    columns = [test.column for test in attached_tests(document, PARSED) if test.column]
    mapped = meta.get("columns") or {}
    return [name for name in dict.fromkeys(columns) if name in canonical_columns() and name not in mapped]


def _is_of(block: str, names: list[str]) -> bool:
    found = re.match(r" +- name: (\w+)\n", block)
    return bool(found and found[1] in names)
