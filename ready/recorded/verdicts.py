"""What `ready check-leakage` found, on record in meta.leakage_verdicts for each model and definition.

A definition is the SQL of the model and of what the check built for it: a verdict holds while the tables
were built with the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from ready.database.query import Row, has_column, has_table, is_postgres, relations_there, select_rows
from ready.definition.column_roles import labelled_features
from ready.errors import NothingThere
from ready.rendering.instants import utc_text
from ready.settings import Settings

SAME, LEAKING, NOT_PROVEN, UNCHECKED = "same", "leaking", "not proven", "unchecked"

ROW = """
    (node_id, definition_hash, definition, verdict, reason, rows_compared, checked_at)
values (
    %(node_id)s, %(definition_hash)s, %(definition)s, %(verdict)s, %(reason)s, %(rows_compared)s,
    current_timestamp
)
"""

# A leak that was found once is not made good by a later check with fewer cutoffs.
RECORD = f"""
insert into {{meta}}.leakage_verdicts as recorded {ROW}
on conflict (node_id, definition_hash) do update set
    verdict = case when recorded.verdict = '{LEAKING}' then recorded.verdict else excluded.verdict end,
    reason = case when recorded.verdict = '{LEAKING}' and excluded.verdict <> '{LEAKING}'
        then recorded.reason else excluded.reason end,
    rows_compared = excluded.rows_compared,
    checked_at = excluded.checked_at
"""
# There the view leakage_verdicts sees to it: macros/spark/create_meta_tables.sql.
RECORD_ON_SPARK = f"insert into {{meta}}.leakage_verdicts_log {ROW}"

RECORDED = """
select verdict from {meta}.leakage_verdicts
where node_id = %(node_id)s and definition_hash = %(definition_hash)s
"""

FOUND = """
select node_id, definition, verdict, reason, checked_at
from {meta}.leakage_verdicts
where node_id in %(nodes)s
order by checked_at
"""

BUILT = "select node_id, relation, sql_hash from {meta}.model_definitions"


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
    recorded = {}
    for finding in findings:
        definition = _json({id: sorted(hashes) for id, hashes in finding.definition.items()})
        hashed = hashlib.md5((definition + _json(finding.clocks)).encode(), usedforsecurity=False)
        values = {**vars(finding), "definition": definition, "definition_hash": hashed.hexdigest()}
        select_rows(connection, settings, RECORD if is_postgres(connection) else RECORD_ON_SPARK, values)
        ((row),) = select_rows(connection, settings, RECORDED, values)
        recorded[finding.node_id] = row["verdict"]
    return recorded


def standing_verdicts(
    connection: Any, settings: Settings, candidates: Collection[str]
) -> tuple[Verdict, ...] | None:
    """By name, the verdicts on the models whose tables stand; None where an earlier release has built last.

    candidates: node ids of models that the check would look at; those with a feature_time on which there is
    no verdict are unchecked.
    """
    if not has_table(connection, settings, "meta", "leakage_verdicts"):
        return None
    rows = {row["node_id"]: row for row in select_rows(connection, settings, BUILT)}
    there = relations_there(connection, settings, [row["relation"] for row in rows.values()])
    # On Spark an empty hash says that what a table was built with is not known any more.
    built = {id: row for id, row in rows.items() if row["relation"] in there and row["sql_hash"]}
    hashes = {id: row["sql_hash"] for id, row in built.items()}
    found = _standing(connection, settings, hashes, tuple(built))
    missing = [
        id
        for id in built.keys() & set(candidates) - found.keys()
        if has_column(connection, settings, built[id]["relation"], "feature_time")
    ]
    verdicts = [*map(_verdict, found.values()), *(Verdict(_name(id), UNCHECKED) for id in missing)]
    return tuple(sorted(verdicts, key=lambda verdict: verdict.model))


def verdict_on_build(connection: Any, settings: Settings, build: Row) -> dict[str, Any]:
    """Of a row of meta.feature_registry, the verdict on the definition it was built by."""
    nodes = [*build["lineage"]["models"], *build["lineage"]["nodes"]]
    hashes = {node["node"]: node["sql_hash"] for node in nodes}
    labels = build["config"].get("labels")
    names = {build["feature_set"], *([labelled_features(labels)] if labels else [])}
    try:
        found = _standing(connection, settings, hashes, [id for id in hashes if _name(id) in names])
    except NothingThere:  # an earlier release has built last
        found = {}
    for row in found.values():
        return {name: row[name] for name in ("verdict", "reason", "checked_at")}
    return {"verdict": UNCHECKED}


def _standing(
    connection: Any, settings: Settings, built: Mapping[str, str | None], nodes: Collection[str]
) -> dict[str, Row]:
    """Of these nodes the latest verdict on what they were built with. built: the hashes of all SQL."""
    rows = select_rows(connection, settings, FOUND, {"nodes": tuple(nodes)}) if nodes else []
    return {row["node_id"]: row for row in rows if _is_of(row["definition"], built)}


def _is_of(definition: Mapping[str, Collection[str]], built: Mapping[str, str | None]) -> bool:
    return all(built.get(id) in hashes for id, hashes in definition.items())


def _verdict(row: Row) -> Verdict:
    return Verdict(_name(row["node_id"]), row["verdict"], row["reason"], row["checked_at"])


def _name(node_id: str) -> str:
    return node_id.split(".")[2]


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
