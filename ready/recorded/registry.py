"""Reading meta.feature_registry: what was built, from what, and which build the tables hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ready.database.query import Row, has_table, select_rows
from ready.definition.column_roles import FEATURE_SET
from ready.errors import NothingThere, UsageError
from ready.recorded.proofs import proofs_of
from ready.settings import Settings

Connection = Any  # psycopg2's, or PyHive's: see ready/database/query.py

VERSION = """
select coalesce(
    min(case when config_hash = %(config_hash)s and sql_hash = %(sql_hash)s then feature_version end),
    max(feature_version) + 1,
    1
) as feature_version
from {meta}.feature_registry
where feature_set = %(feature_set)s
"""


@dataclass(frozen=True)
class FeatureRecord:
    """What the registry now says of the feature set. splits: rows of train, val and test."""

    feature_set: str
    feature_version: int
    data_hash: str
    row_count: int
    is_new: bool
    splits: dict[str, int]


def list_builds(connection: Connection, settings: Settings) -> list[Row]:
    """One row a recorded build, oldest first: the registry's scalar columns and is_current.

    Raises UsageError when nothing was ever recorded.
    """
    return select_meta(
        connection,
        settings,
        "select registry.feature_set, registry.feature_version, registry.data_hash, registry.config_hash, "
        "registry.sql_hash, registry.row_count, registry.validation_passed, registry.git_commit, "
        "registry.git_dirty, registry.invocation_id, registry.created_at, "
        "coalesce(registry.data_hash = versions.data_hash, false) as is_current "
        "from {meta}.feature_registry as registry "
        "left join {meta}.current_versions as versions using (feature_set, feature_version) "
        "order by registry.created_at, registry.feature_version",
    )


def show_version(connection: Connection, settings: Settings, name: str) -> Row:
    """All of one version: its definition, and its builds with lineage, splits, and what was proven of them.

    name: VERSION, or FEATURE_SET:VERSION. Raises UsageError when there is no such version.
    """
    feature_set, version, _ = _parts(name)
    asked = {"feature_set": feature_set, "version": version}
    builds = select_meta(
        connection,
        settings,
        "select * from {meta}.feature_registry "
        "where feature_set = %(feature_set)s and feature_version = %(version)s order by created_at",
        asked,
    )
    if not builds:
        raise UsageError(f"version {name} is not recorded", hint="see what is: ready registry list")
    splits = select_meta(
        connection,
        settings,
        "select * from {meta}.dataset_split_summary "
        "where feature_set = %(feature_set)s and feature_version = %(version)s "
        "order by created_at, time_from",
        asked,
    )
    for build in builds:
        build["splits"] = [split for split in splits if split["data_hash"] == build["data_hash"]]
        build["datasets"] = _datasets(connection, settings, build)
        dataset = build["datasets"][-1] if build["datasets"] else None
        build |= proofs_of(connection, settings, {**build, "dataset": dataset})
    shared = ("feature_set", "feature_version", "config_hash", "sql_hash", "config")
    return {
        **{name: builds[0][name] for name in shared},
        "builds": [{k: v for k, v in build.items() if k not in shared} for build in builds],
    }


def find_build(connection: Connection, settings: Settings, name: str) -> Row:
    """The registry's row of [FEATURE_SET:]VERSION[@DATA_HASH]; of the hash the first digits will do.

    Of several builds of a version the current one, else the latest; so too of several sets of labels, splits
    and loads with the same features. `dataset` is that one, with which load_ids and the loads of lineage
    agree; None where an earlier release recorded none. Raises UsageError when there is none.
    """
    feature_set, version, data_hash = _parts(name)
    builds = select_meta(
        connection,
        settings,
        "select registry.* from {meta}.feature_registry as registry "
        "left join {meta}.current_versions as versions using (feature_set, feature_version, data_hash) "
        "where feature_set = %(feature_set)s and feature_version = %(version)s "
        "and left(data_hash, %(digits)s) = %(data_hash)s "
        "order by versions.data_hash is not null, registry.created_at",
        {
            "feature_set": feature_set,
            "version": version,
            "data_hash": data_hash,
            "digits": len(data_hash),
        },
    )
    if not builds:
        raise UsageError(f"build {name} is not recorded", hint="see what is: ready registry list")
    build = builds[-1]
    datasets = _datasets(connection, settings, build)
    build["dataset"] = datasets[-1] if datasets else None
    if datasets:
        build["load_ids"] = datasets[-1]["load_ids"]
        build["lineage"] = {**build["lineage"], "loads": datasets[-1]["loads"]}
    return build


def build_name(build: Mapping[str, Any]) -> str:
    """The name that find_build takes. build: a row or manifest with its set, version and data hash."""
    return f"{build['feature_set']}:{build['feature_version']}@{build['data_hash']}"


def find_current(connection: Connection, settings: Settings, feature_set: str = FEATURE_SET) -> Row | None:
    """The row of find_build of what the tables of a feature set hold; None where nothing is recorded."""
    rows = select_meta(
        connection,
        settings,
        "select feature_set, feature_version, data_hash from {meta}.current_versions "
        "where feature_set = %(feature_set)s",
        {"feature_set": feature_set},
    )
    return find_build(connection, settings, build_name(rows[0])) if rows else None


def version_for(connection: Connection, settings: Settings, definition: Mapping[str, Any]) -> int:
    """The version of a definition: that on record, else the next one of its feature set.

    definition: feature_set, config_hash and sql_hash.
    """
    (found,) = select_meta(connection, settings, VERSION, definition)
    return int(found["feature_version"])


def _datasets(connection: Connection, settings: Settings, build: Row) -> list[Row]:
    """The labels, splits and loads on record of a build, the current ones last."""
    if not has_table(connection, settings, "meta", "dataset_builds"):
        return []
    return select_rows(
        connection,
        settings,
        "select datasets.dataset_hash, labels_hash, splits, load_ids, loads, created_at "
        "from {meta}.dataset_builds as datasets left join {meta}.current_versions as versions "
        "using (feature_set, feature_version, data_hash, dataset_hash) "
        "where feature_set = %(feature_set)s and feature_version = %(feature_version)s "
        "and data_hash = %(data_hash)s order by versions.built_at is not null, created_at",
        build,
    )


def _parts(name: str) -> tuple[str, int, str]:
    """The feature set (default customer_features), the version and the beginning of a data hash."""
    feature_set, _, build = name.rpartition(":")
    version, _, data_hash = build.removeprefix("v").partition("@")
    if not version.isdigit():
        raise UsageError(f"{name} names no build", hint="write a version, such as 1, or 1@98573617")
    return feature_set or FEATURE_SET, int(version), data_hash


def read_record(connection: Connection, settings: Settings, invocation_id: str) -> FeatureRecord:
    """The registry's word on what the tables hold; is_new when this dbt run was the first to build it."""
    (current,) = select_meta(
        connection,
        settings,
        "select feature_version, data_hash, row_count, registry.invocation_id from {meta}.current_versions "
        "join {meta}.feature_registry as registry using (feature_set, feature_version, data_hash) "
        "where feature_set = %(feature_set)s",
        {"feature_set": FEATURE_SET},
    )
    splits = select_meta(
        connection,
        settings,
        "select split, count(*) as row_count from {meta}.dataset_splits "
        "where feature_set = %(feature_set)s and feature_version = %(version)s group by split",
        {"feature_set": FEATURE_SET, "version": current["feature_version"]},
    )
    return FeatureRecord(
        feature_set=FEATURE_SET,
        feature_version=current["feature_version"],
        data_hash=current["data_hash"],
        row_count=current["row_count"],
        is_new=current["invocation_id"] == invocation_id,
        splits=dict.fromkeys(("train", "val", "test"), 0)
        | {split["split"]: split["row_count"] for split in splits},
    )


def select_meta(
    connection: Connection,
    settings: Settings,
    query: str,
    values: Mapping[str, Any] | None = None,
    **names: str,
) -> list[Row]:
    """As ready.database.query.select_rows. Raises UsageError when nothing was ever recorded."""
    try:
        return select_rows(connection, settings, query, values, **names)
    except NothingThere:
        raise UsageError("no version is recorded yet", hint="build one: ready run") from None
