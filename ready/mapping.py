"""What configs/orders.yaml maps: which CSV columns each canonical column is made of."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ready.errors import UsageError


def orders_meta(configs: Path) -> dict[str, Any]:
    """The `config: meta:` of the model orders_mapped.

    Raises UsageError when the file is missing, is no yaml, or does not describe orders_mapped.
    """
    file = configs / "orders.yaml"
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{file} is missing", hint="copy the one in configs/ and edit it") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark else str(file)
        raise UsageError(f"{place} is no valid yaml: {getattr(error, 'problem', error)}") from None
    for model in (document or {}).get("models") or []:
        if model.get("name") == "orders_mapped":
            meta: dict[str, Any] = (model.get("config") or {}).get("meta") or {}
            return meta
    raise UsageError(
        f"{file} does not describe the model orders_mapped", hint="copy the one in configs/ and edit it"
    )


def csv_columns(entry: str | Mapping[str, Any]) -> list[str]:
    """The CSV columns that one entry of `columns` reads."""
    if isinstance(entry, str):
        return [entry]
    return [entry["column"]] if entry.get("column") else named_in(entry.get("expression", ""))


def named_in(expression: str) -> list[str]:
    """The CSV columns that an SQL expression reads; what a literal holds is no name."""
    found = re.findall(r"'(?:[^']|'')*'|\"([^\"]+)\"", expression)
    return [name for name in dict.fromkeys(found) if name]


def check_mapping(meta: Mapping[str, Any], headers: Sequence[Sequence[str]], *, configs: Path) -> None:
    """Refuse a mapping to a CSV column that none of the files has.

    headers: the column names of each active load. A column that goes by its own name is left to the
    gate: there the file is at fault, not the mapping. Raises UsageError.
    """
    known = {name for header in headers for name in header}
    if not known:
        return
    filtered = {"rows": {"expression": meta["rows"]}} if meta.get("rows") else {}
    for canonical, entry in {**(meta.get("columns") or {}), **filtered}.items():
        for name in csv_columns(entry):
            if name not in known and name != canonical:
                near = difflib.get_close_matches(name, known, n=1)
                listed = ", ".join(sorted(known)[:30])
                raise UsageError(
                    f'{configs / "orders.yaml"} maps {canonical} to the CSV column "{name}", '
                    "which no file has",
                    hint=f'did you mean "{near[0]}"?' if near else f"the files have: {listed}",
                )
