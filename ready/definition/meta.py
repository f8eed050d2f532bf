"""The settings that a `meta` of dbt has for this project, as macros/own_meta.sql reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PREFIX = "ready"
ALONE = f"{PREFIX}_"
OF_TESTS = ("on_fail", "max_failures", "max_share")
# By holder, what stood beside the settings of other tools up to 0.1.0. Models go by their names.
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
    "model": ("feature_set", "joined"),
    "test": OF_TESTS,
    "default_rule": (*OF_TESTS, "severity"),
    "column": ("sensitive",),
    "source": ("available_at",),
}  # fmt: skip


def own_meta(meta: Any, holder: str) -> dict[str, Any]:
    """The settings in a `meta`. holder: a key of BEFORE, for a meta that has no `ready`."""
    given: Mapping[str, Any] = meta if isinstance(meta, Mapping) else {}
    own = (
        given.get(PREFIX) if PREFIX in given else {key: given[key] for key in BEFORE[holder] if key in given}
    )
    alone = {key.removeprefix(ALONE): value for key, value in given.items() if str(key).startswith(ALONE)}
    return {**(own if isinstance(own, Mapping) else {}), **alone}


def node_meta(node: Mapping[str, Any], holder: str) -> dict[str, Any]:
    """The settings of a manifest's node, or of an entry in a properties file."""
    return own_meta((node.get("config") or {}).get("meta"), holder)


def is_beside(meta: Mapping[str, Any], key: str) -> bool:
    """Whether a setting stands beside `ready`, where nothing reads it. A label that is a text is a title."""
    return PREFIX in meta and not (key == "label" and isinstance(meta[key], str))
