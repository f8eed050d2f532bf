"""The run page's content, from the gate's report, dbt's results and the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from ready.database.query import Row, select_rows
from ready.definition.column_roles import FEATURE_SET
from ready.definition.load_options import load_options
from ready.errors import UsageError
from ready.gate.expectations import sensitive_columns
from ready.gate.model import MASK, Report
from ready.recorded.profiles import read_profiles
from ready.recorded.registry import Connection, list_builds
from ready.recorded.source_sets import read_source_sets
from ready.run_page.label_sets import read_label_sets
from ready.run_page.model import Built, Feature, Load, NodeTiming, Reject, RunPage
from ready.run_page.splits import read_splits
from ready.run_page.way import read_orders, volumes, way_of_rows, weeks_of_orders
from ready.settings import Settings

REJECTS_SHOWN = 5  # of a file
SUPERSEDED_SHOWN = 50
LINE_LENGTH = 200

LOADS = """
select load_id, file_name, rows_loaded, rows_rejected, loaded_at, superseded_by
from {raw}.loads
where source = %(source)s and
"""
IN_USE = "status = 'loaded' order by load_id"
SUPERSEDED = f"status = 'superseded' order by load_id desc limit {SUPERSEDED_SHOWN}"

REJECTS = """
select load_id, line_number, reason, left(raw_line, %(length)s) as raw_line
from (
    select *, row_number() over (partition by load_id order by line_number) as place
    from {raw}.rejected_rows
    where load_id in %(load_ids)s
) as numbered
where place <= %(shown)s
order by load_id, line_number
"""


def gather(connection: Connection, settings: Settings, page: RunPage, *, published: bool) -> RunPage:
    """The page with what the database knows of the run.

    published: whether the tables are this run's; else features and splits are left out. The connection must
    not be inside a transaction. Raises UsageError for configs that cannot be read.
    """
    versions = _versions(connection, settings)
    masked = bool(sensitive_columns(settings.configs / "expectations.yaml"))
    page = replace(
        page,
        loads=_loads(connection, settings, page.report, masked=masked),
        built=_built(connection, settings, versions) if published else (),
        label_sets=read_label_sets(connection, settings) if published else (),
        source_sets=read_source_sets(connection, settings) if published else (),
        versions=tuple(versions),
    )
    return _with_rows(connection, settings, page, page.built[0]) if page.built else page


def _with_rows(connection: Connection, settings: Settings, page: RunPage, built: Built) -> RunPage:
    """The page with the way of the rows, and how many there are."""
    orders = read_orders(connection, settings)
    left_out = page.report.run.left_out
    return replace(
        page,
        way=way_of_rows(
            connection,
            settings,
            loads=[load for load in page.loads if load.superseded_by is None],
            left_out=left_out.rows if left_out else 0,
            orders=orders,
            build=built.current,
        ),
        weeks=weeks_of_orders(orders, {load.load_id: load.file_name for load in page.loads}),
        volumes=volumes(connection, settings, built.current, built.before),
    )


def node_timings(run_results: Mapping[str, Any] | None) -> tuple[NodeTiming, ...]:
    """Of the nodes that ran, in the order in which they ended."""
    return tuple(
        NodeTiming(
            name=entry["unique_id"].split(".")[2],
            kind=entry["unique_id"].split(".")[0],
            status=str(entry["status"]),
            seconds=float(entry["execution_time"] or 0),
        )
        for entry in (run_results or {}).get("results", [])
        if entry["status"] != "skipped"
    )


def _versions(connection: Connection, settings: Settings) -> list[Row]:
    try:
        builds = list_builds(connection, settings)[::-1]
        return [build for build in builds if build["feature_set"] == FEATURE_SET]
    except UsageError:  # nothing was ever recorded
        return []


def _loads(connection: Connection, settings: Settings, report: Report, *, masked: bool) -> tuple[Load, ...]:
    """Those that staging reads, as they were delivered, and the superseded ones, latest first."""
    asked = {"source": load_options(settings.configs).source}
    rows = [
        row
        for which in (IN_USE, SUPERSEDED)
        for row in select_rows(connection, settings, f"{LOADS} {which}", asked)
    ]
    rejects = _rejects(connection, settings, rows, masked=masked)
    return tuple(
        Load(
            load_id=row["load_id"],
            file_name=row["file_name"],
            rows=row["rows_loaded"],
            rejected=row["rows_rejected"],
            loaded_at=row["loaded_at"],
            superseded_by=row["superseded_by"],
            is_new=row["loaded_at"] >= report.run.started_at,
            rejects=tuple(rejects.get(row["load_id"], ())),
        )
        for row in rows
    )


def _rejects(
    connection: Connection, settings: Settings, loads: Sequence[Row], *, masked: bool
) -> dict[int, list[Reject]]:
    """masked: a column is sensitive, and nobody knows which part of an unreadable record is its value."""
    files = {load["load_id"]: load["file_name"] for load in loads if load["rows_rejected"]}
    asked = {"load_ids": tuple(files), "shown": REJECTS_SHOWN, "length": LINE_LENGTH}
    found: dict[int, list[Reject]] = {}
    for row in select_rows(connection, settings, REJECTS, asked) if files else []:
        place = f"{files[row['load_id']]}:{row['line_number']}"
        record = MASK if masked else row["raw_line"]
        found.setdefault(row["load_id"], []).append(Reject(place, row["reason"], record))
    return found


def _built(connection: Connection, settings: Settings, versions: Sequence[Row]) -> tuple[Built, ...]:
    """What the tables hold of each feature set. versions: latest first."""
    current = sorted((build for build in versions if build["is_current"]), key=itemgetter("feature_set"))
    return tuple(_built_set(connection, settings, build, versions) for build in current)


def _built_set(connection: Connection, settings: Settings, build: Row, versions: Sequence[Row]) -> Built:
    """The build before is the latest one of this set that the tables do not hold."""
    others = (b for b in versions if b["feature_set"] == build["feature_set"] and not b["is_current"])
    before = next(others, None)
    return Built(
        current=build,
        before=before,
        features=_features(connection, settings, build, before),
        splits=read_splits(connection, settings, build),
    )


def _features(
    connection: Connection, settings: Settings, current: Row, before: Row | None
) -> tuple[Feature, ...]:
    old = read_profiles(connection, settings, before) if before else {}
    return tuple(
        Feature(profile, old.get(name))
        for name, profile in read_profiles(connection, settings, current).items()
    )
