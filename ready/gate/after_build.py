"""What the tests in tests/dbt/after_build/ found in the training set: their rows say it in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ready.gate.inspector import Connect, inspecting

FOLDER = "after_build"
# As macros/project/candidates.sql names what is not published yet; by now it may be.
CANDIDATE = "__candidate"


def after_build_texts(
    manifest: Mapping[str, Any], results: Sequence[Mapping[str, Any]], connect: Connect
) -> tuple[str, ...]:
    """The column `says` of each row that these tests found; their names where it cannot be read."""
    nodes = manifest.get("nodes") or {}
    found = [
        entry
        for entry in results
        if entry["status"] in ("fail", "warn") and nodes[entry["unique_id"]]["fqn"][1:2] == [FOLDER]
    ]
    if not found:
        return ()
    with inspecting(connect) as inspector:
        return tuple(text for entry in found for text in _texts(entry, inspector.rows_of_compiled))


def _texts(entry: Mapping[str, Any], rows_of: Any) -> list[str]:
    compiled = str(entry.get("compiled_code") or "")
    rows = rows_of(compiled) or rows_of(compiled.replace(CANDIDATE, "")) or []
    return [str(row["says"]) for row in rows] or [f"{entry['unique_id'].split('.')[2]}: {entry['failures']}"]
