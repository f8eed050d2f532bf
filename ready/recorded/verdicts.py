"""What `ready check-leakage` found, on record in meta.leakage_verdicts for each model and definition.

A definition is the SQL of the model and of what the check built for it: a verdict holds while the tables
were built with the same. Spark keeps none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from ready.database.query import Row, is_postgres, select_rows
from ready.definition.column_roles import FEATURE_SET
from ready.errors import NothingThere
from ready.rendering.instants import utc_text
from ready.settings import Settings

SAME, LEAKING, NOT_PROVEN, UNCHECKED = "same", "leaking", "not proven", "unchecked"

# A leak that was found once is not made good by a later check with fewer cutoffs.
RECORD = f"""
insert into {{meta}}.leakage_verdicts as recorded
    (node_id, definition_hash, definition, verdict, reason, rows_compared)
values (
    %(node_id)s, md5(%(definition)s || %(clocks)s), %(definition)s, %(verdict)s, %(reason)s, %(rows_compared)s
)
on conflict (node_id, definition_hash) do update set
    verdict = case when recorded.verdict = '{LEAKING}' then recorded.verdict else excluded.verdict end,
    reason = case when recorded.verdict = '{LEAKING}' and excluded.verdict <> '{LEAKING}'
        then recorded.reason else excluded.reason end,
    rows_compared = excluded.rows_compared,
    checked_at = excluded.checked_at
returning verdict
"""

# Of the models in a set `built`, the latest verdict on what they were built with.
STANDING = """
select distinct on (node_id) node_id, verdict, reason, checked_at
from {meta}.leakage_verdicts as found
join built using (node_id)
where not exists (
    select from jsonb_each(found.definition) as tested (node_id, hashes)
    left join built as now on now.node_id = tested.node_id
    where not coalesce(tested.hashes ? now.sql_hash, false)
)
order by node_id, checked_at desc
"""

TABLES = "with built as (select * from {meta}.model_definitions where to_regclass(relation) is not null)"

RECORDED = """
with built as (
    select node ->> 'node' as node_id, node ->> 'sql_hash' as sql_hash
    from jsonb_array_elements(cast(%(nodes)s as jsonb)) as node
)
"""

WITH_FEATURE_TIME = f"""
{TABLES}
select node_id from built
where node_id in %(candidates)s and exists (
    select from pg_attribute
    where attrelid = to_regclass(relation) and attname = 'feature_time' and not attisdropped
)
"""


@dataclass(frozen=True)
class Finding:
    """One check's word on a model.

    definition: of the model and of each node above it that was built, the hashes that its SQL had; without
    its own where there was no SQL, and the finding then counts until the next one. clocks: of the dated
    tables that were changed, the columns that tell since when rows are known. reason: what leaks, or is read.
    """

    node_id: str
    definition: Mapping[str, Collection[str]]
    clocks: Mapping[str, str]
    verdict: str
    reason: str
    rows_compared: int


@dataclass(frozen=True)
class Verdict:
    """The latest word on a model as it is now; checked_at is None where there is none."""

    model: str
    verdict: str
    reason: str = ""
    checked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.verdict in (LEAKING, NOT_PROVEN)

    def __str__(self) -> str:
        known = {
            LEAKING: f"{self.model} knows its future: {self.reason}",
            NOT_PROVEN: f"{self.model} is not proven to be without leakage: {self.reason}",
        }
        said = known.get(self.verdict, f"{self.model}: {self.verdict}")
        return f"{said} (ready check-leakage, {utc_text(self.checked_at)})" if self.checked_at else said


def record_verdicts(connection: Any, settings: Settings, findings: Iterable[Finding]) -> dict[str, str]:
    """Put findings on record; returns, by node id, the verdicts that stand now.

    Raises NothingThere where no build of this release has made the table.
    """
    standing = {}
    for finding in findings:
        values = {
            **vars(finding),
            "definition": _json({id: sorted(hashes) for id, hashes in finding.definition.items()}),
            "clocks": _json(finding.clocks),
        }
        ((row),) = select_rows(connection, settings, RECORD, values)
        standing[finding.node_id] = row["verdict"]
    return standing


def standing_verdicts(
    connection: Any, settings: Settings, candidates: Collection[str]
) -> tuple[Verdict, ...] | None:
    """By name, the verdicts on the models whose tables stand; None on an engine that keeps none.

    candidates: node ids of models that the check would look at; those with a feature_time on which there is
    no verdict are unchecked.
    """
    if not is_postgres(connection):
        return None
    found = [_verdict(row) for row in select_rows(connection, settings, TABLES + STANDING)]
    asked = {"candidates": tuple(candidates)}
    rows = select_rows(connection, settings, WITH_FEATURE_TIME, asked) if candidates else []
    checked = {verdict.model for verdict in found}
    missing = {_name(row["node_id"]) for row in rows} - checked
    return tuple(
        sorted((*found, *(Verdict(name, UNCHECKED) for name in missing)), key=lambda verdict: verdict.model)
    )


def verdict_on_build(connection: Any, settings: Settings, build: Row) -> dict[str, Any]:
    """Of a row of meta.feature_registry, the verdict on the definition it was built by."""
    if not is_postgres(connection):
        return {"verdict": "not recorded"}
    nodes = [*build["lineage"]["models"], *build["lineage"]["nodes"]]
    try:
        rows = select_rows(connection, settings, RECORDED + STANDING, {"nodes": _json(nodes)})
    except NothingThere:  # an earlier release has built last
        rows = []
    for row in rows:
        # Features of own labels are those of customer_features.
        if _name(row["node_id"]) in (build["feature_set"], "labels" in build["config"] and FEATURE_SET):
            return {name: row[name] for name in ("verdict", "reason", "checked_at")}
    return {"verdict": UNCHECKED}


def _verdict(row: Row) -> Verdict:
    return Verdict(_name(row["node_id"]), row["verdict"], row["reason"], row["checked_at"])


def _name(node_id: str) -> str:
    return node_id.split(".")[2]


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
