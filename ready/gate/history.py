"""The earlier results of each check, from meta.validation_results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ready.gate.faults import identifier
from ready.gate.inspector import Inspector
from ready.gate.model import PastRun

RUNS_SHOWN = 30
STAGING_SCHEMA = "stg"


def read_history(model: Mapping[str, Any], inspector: Inspector) -> dict[str, tuple[PastRun, ...]]:
    """Check name -> its last runs, oldest first. `model` is the manifest's node of orders_parsed."""
    rows = inspector.rows(
        "select check_name, status, failures, created_at from ("
        "select *, row_number() over (partition by check_name order by created_at desc) as age "
        f"from {_meta_schema(model)}.validation_results) as recent "
        f"where age <= {RUNS_SHOWN} order by check_name, created_at"
    )
    history: dict[str, tuple[PastRun, ...]] = {}
    for row in rows or []:
        past = PastRun(str(row["status"]), int(row["failures"] or 0), row["created_at"])
        history[row["check_name"]] = (*history.get(row["check_name"], ()), past)
    return history


def _meta_schema(model: Mapping[str, Any]) -> str:
    """Beside staging, with the same prefix (READY_SCHEMA_PREFIX)."""
    schema = str(model.get("schema") or STAGING_SCHEMA)
    return identifier(f'"{schema.removesuffix(STAGING_SCHEMA)}meta"')
