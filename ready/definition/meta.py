"""The settings that a `meta` of dbt has for this project, as macros/project/own_meta.sql reads them.

Each is `ready_NAME`; several may be together below `ready`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PREFIX = "ready"
ALONE = f"{PREFIX}_"
OF_TESTS = ("on_fail", "max_failures", "max_share")
# By holder, what had no prefix up to 0.1.0. Models go by their names.
BEFORE: dict[str, tuple[str, ...]] = {
    "orders_mapped": (
        "file", "grain", "rows", "lines_over_files", "timezone", "local_times", "null_words", "columns",
    ),
    "orders_parsed": ("default_rules",),
    "customer_features": (
        "feature_times", "windows", "aggregations", "totals", "days_since_nth_last_order", "ratios",
    ),
    "customer_labels": ("horizon", "label"),
    "customer_training_set": ("splits",),
    "source_mapped": (),
    "model": ("feature_set", "joined"),
    "test": OF_TESTS,
    "default_rule": (*OF_TESTS, "severity"),
    "column": ("sensitive",),
    "source": ("available_at",),
}  # fmt: skip


def own_meta(meta: Any, holder: str) -> dict[str, Any]:
    """The settings in a `meta`. holder: a key of BEFORE, for those without the prefix."""
    given: dict[str, Any] = meta if isinstance(meta, dict) else {}
    before = {key: given[key] for key in BEFORE[holder] if is_before(given, key)}
    together = given.get(PREFIX)
    alone = {key.removeprefix(ALONE): value for key, value in given.items() if str(key).startswith(ALONE)}
    return {**before, **(together if isinstance(together, dict) else {}), **alone}


def node_meta(node: Mapping[str, Any], holder: str) -> dict[str, Any]:
    """The settings of a manifest's node, or of an entry in a properties file."""
    return own_meta((node.get("config") or {}).get("meta"), holder)


def is_before(meta: Mapping[str, Any], key: str) -> bool:
    """Whether a setting is there without the prefix. A label that is a text is a title for other tools."""
    return key in meta and not (key == "label" and isinstance(meta[key], str))
