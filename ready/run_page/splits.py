"""The splits of a recorded build in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ready.database.query import Row
from ready.definition.column_roles import SPLITS
from ready.recorded.registry import Connection, select_meta
from ready.run_page.model import SplitSpan
from ready.settings import Settings


def read_splits(connection: Connection, settings: Settings, build: Row) -> tuple[SplitSpan, ...]:
    """Of the membership that was recorded last for this build."""
    rows = select_meta(
        connection,
        settings,
        "select * from {meta}.dataset_split_summary where feature_set = %(feature_set)s "
        "and feature_version = %(feature_version)s and data_hash = %(data_hash)s order by created_at",
        build,
    )
    latest = {row["split"]: row for row in rows}.values()
    ordered = sorted(latest, key=lambda row: (row["time_from"], SPLITS.index(row["split"])))
    return tuple(_span(row, ordered) for row in ordered)


def _span(row: Row, rows: Sequence[Row]) -> SplitSpan:
    """Only before another split are rows kept out: a label window must not reach into it."""
    followed = any(other["time_from"] >= row["time_to"] for other in rows)
    embargo = timedelta(days=row["embargo_days"] if followed else 0)
    return SplitSpan(
        split=row["split"],
        time_from=row["time_from"],
        members_to=max(row["time_from"], row["time_to"] - embargo),
        time_to=row["time_to"],
        rows=row["row_count"],
        customers=row["entity_count"],
        label_mean=row["label_mean"],
        embargo_days=row["embargo_days"] if followed else 0,
    )
