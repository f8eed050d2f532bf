"""How many records the filter `rows` of orders.yaml leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ready.definition.meta import node_meta
from ready.gate.inspector import Inspector


@dataclass(frozen=True)
class LeftOut:
    """Of so many records that the active loads have."""

    rows: int
    records: int

    @property
    def text(self) -> str:
        return f"rows: left out {self.rows:,} of {self.records:,} record(s)"


def count_left_out(
    manifest: Mapping[str, Any], inspector: Inspector, relation: str, load_ids: Sequence[int]
) -> LeftOut | None:
    """None where the mapping has no filter, or nothing could be counted."""
    loads = (manifest.get("sources") or {}).get("source.raw_to_ready.raw.loads") or {}
    mapped = (manifest.get("nodes") or {}).get("model.raw_to_ready.orders_mapped") or {}
    filtered = node_meta(mapped, "orders_mapped").get("rows")
    if not filtered or not load_ids or not loads:
        return None
    ids = ", ".join(map(str, load_ids))
    records = inspector.value(
        f"select sum(rows_loaded) from {loads['relation_name']} where load_id in ({ids})"
    )
    kept = inspector.value(f"select count(*) from {relation}")
    return None if records is None or kept is None else LeftOut(int(records) - int(kept), int(records))
