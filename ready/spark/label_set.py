"""The table of a training set of own labels on Spark, and its records: see ready/postgres/label_set.py.

The records are appended one after the other, the row of current_versions last, as macros/spark/publish.sql
does. What a killed call leaves the next one makes good.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa

from loader.spark.sink import SparkSink
from ready.database.query import Row, select_rows
from ready.definition.column_roles import KEY
from ready.label_sets.labels import LabelledRow, require_free_name
from ready.label_sets.profile import profile_text
from ready.recorded.registry import version_for
from ready.settings import Settings
from ready.spark.connection import fetch, spark_errors
from ready.spark.dialect import identifier
from ready.spark.loading import spark_sink
from ready.spark.pipeline import run_lock
from ready.spark.point_in_time import spine_table
from ready.spark.query import literal
from ready.spark.server import ensure_spark
from ready.spark.stored_table import SparkTable, rows_in, shown_build, table_folder

CREATE = """
create table {place} using parquet as
select
    spine.customer_id, spine.feature_time, {features}, cast(spine.label as {label_type}) as {label},
    spine.split
from spine {parts}
order by spine.customer_id, spine.feature_time
"""
SPLIT_ROWS = """
insert into {splits}
partition (feature_set = {feature_set}, feature_version = {feature_version}, build_id = {invocation_id})
select customer_id, feature_time, split from {place} where split is not null
"""
SPLITS_BUILD = """
select max_by(splits_build_id, built_at) as build_id from {meta}.current_versions_log
where feature_set = %(feature_set)s and feature_version = %(feature_version)s
"""
PUBLISHED_BY = """
select invocation_id from {meta}.current_versions
where feature_set = %(feature_set)s and data_hash = %(data_hash)s
"""

BUILD = ("feature_set", "feature_version", "data_hash")
REGISTRY = (
    "config_hash", "sql_hash", "lineage", "row_count", "columns", "load_ids", "validation_passed",
    "git_commit", "git_dirty", "invocation_id", "config",
)  # fmt: skip
KEPT_BUILDS = 2  # someone may still be reading the one before


def labels_sink(settings: Settings) -> SparkSink:
    """Where the loader puts a file of labels."""
    return spark_sink(ensure_spark(settings))


@contextmanager
def alone_at_work(
    settings: Settings, say: Callable[[str, str], None], lock_timeout: float | None
) -> Iterator[Any]:
    """A connection, while no other run builds. See ready.spark.pipeline.run_lock."""
    params = ensure_spark(settings)
    with run_lock(settings.home, lock_timeout), spark_errors(), closing(params.connect()) as connection:
        yield connection


def are_staged(connection: Any, settings: Settings, base: Row) -> bool:
    """Whether the run that published a build staged what it is made of; these tables' names end in it."""
    published = [row["invocation_id"][:8] for row in select_rows(connection, settings, PUBLISHED_BY, base)]
    tables = ("customer_purchases", *base["config"].get("sources", ()))
    builds = (shown_build(connection, settings.schema("stg"), table) or "" for table in tables)
    return all([build[-8:]] == published for build in builds)


def write_label_set(
    connection: Any,
    settings: Settings,
    *,
    record: Row,
    table: str,
    queries: Sequence[Row],
    rows: Sequence[LabelledRow],
    label: tuple[str, str],
) -> Row:
    """See ready.postgres.label_set."""
    feats = settings.schema("feats")
    build = f"{table}__build_{datetime.now(timezone.utc):%Y%m%d%H%M%S%f}_{record['invocation_id'][:8]}"
    features = _make_table(connection, _name(feats, build), queries, rows, label)
    folder = table_folder(connection, feats, build)
    values = {**record, **_contents(connection, _name(feats, build), folder, [*KEY, *features])}
    values["feature_version"] = version_for(connection, settings, values)
    _show(connection, feats, table, build)
    _record(connection, settings, values, _name(feats, build), rows_in(folder).select(features))
    return values


def _make_table(
    connection: Any, place: str, queries: Sequence[Row], rows: Sequence[LabelledRow], label: tuple[str, str]
) -> list[str]:
    """The names of the features in it."""
    name, kind = label
    with spine_table(connection, _spine(rows)):
        features: list[str] = []
        for query in queries:
            described = [row[0] for row in fetch(connection, f"describe query {query['query']}")]
            features += [column for column in described if column != "ordinal"]
        require_free_name(name, features)
        statement = CREATE.format(
            place=place,
            features=", ".join(map(identifier, features)),
            label=identifier(name),
            label_type=kind.replace("text", "string").replace("numeric", "decimal"),
            parts=" ".join(
                f"inner join ({query['query']}) as {identifier(query['feature_set'])} using (ordinal)"
                for query in queries
            ),
        )
        fetch(connection, statement)
    return features


def _spine(rows: Sequence[LabelledRow]) -> pa.Table:
    return pa.table(
        {
            "ordinal": pa.array(range(len(rows)), pa.int64()),
            "customer_id": pa.array([row.customer_id for row in rows], pa.string()),
            "feature_time": pa.array([row.time for row in rows], pa.timestamp("us", "UTC")),
            "label": pa.array([row.value for row in rows], pa.string()),
            "split": pa.array([row.split for row in rows], pa.string()),
        }
    )


def _contents(connection: Any, place: str, folder: str, columns: list[str]) -> Row:
    """Rows and fingerprint of the features, and the columns with their types."""
    types = {row[0]: row[1] for row in fetch(connection, f"describe table {place}")}
    return {
        "row_count": fetch(connection, f"select count(*) from {place}")[0][0],
        "data_hash": SparkTable(folder).content_hash(columns, in_splits=False),
        "columns": [{"name": name, "type": types[name]} for name in columns],
    }


def _show(connection: Any, feats: str, table: str, build: str) -> None:
    """Let the view of a training set show this build, and drop those that nobody is shown any more."""
    fetch(connection, f"create or replace view {_name(feats, table)} as select * from {_name(feats, build)}")
    listed = fetch(connection, f"show tables in {identifier(feats)} like '{table}__build_*'")
    for old in sorted((row[1] for row in listed), reverse=True)[KEPT_BUILDS:]:
        fetch(connection, f"drop table if exists {_name(feats, old)}")


def _record(connection: Any, settings: Settings, values: Row, place: str, features: pa.Table) -> None:
    build = {name: values[name] for name in BUILD}
    dataset = {**build, "dataset_hash": values["dataset_hash"]}
    for name, rows in _records(values, features).items():
        key = dataset if name == "dataset_builds" else build
        if not _is_recorded(connection, settings, name, key):
            _append(connection, settings, name, [{**key, **row} for row in rows])
    current = {**dataset, "invocation_id": values["invocation_id"]}
    current["splits_build_id"] = _splits_build(connection, settings, values, place)
    _append(connection, settings, "current_versions_log", [current], at="built_at")


def _records(values: Row, features: pa.Table) -> dict[str, list[Row]]:
    """The rows of each table of meta that tells of this build."""
    counts = {"row_count": values["row_count"], "labelled_count": values["row_count"]}
    return {
        "feature_registry": [{name: values[name] for name in REGISTRY}],
        "dataset_split_summary": [_split_row(split, values) for split in values["splits"]],
        "dataset_builds": [_dataset_row(values)],
        "dataset_label_summary": [{"labels_hash": values["labels_hash"], **counts}],
        "feature_profiles": [
            {"column_name": name, "profile": profile_text(features[name])} for name in features.column_names
        ],
    }


def _is_recorded(connection: Any, settings: Settings, name: str, key: Row) -> bool:
    same = " and ".join(f"{column} = %({column})s" for column in key)
    query = f"select 1 as found from {{meta}}.{{name}} where {same} limit 1"
    return bool(select_rows(connection, settings, query, key, name=name))


def _dataset_row(values: Row) -> Row:
    return {
        **{name: values[name] for name in ("labels_hash", "load_ids", "invocation_id")},
        "splits": json.dumps(values["splits"]),
        "loads": json.dumps(values["lineage"]["loads"]),
    }


def _split_row(split: Row, values: Row) -> Row:
    mean = values["label_means"][split["split"]]
    return {
        **split,
        **{name: datetime.fromisoformat(split[name]) for name in ("time_from", "time_to")},
        "embargo_days": values["config"]["splits"]["embargo"],
        "label_mean": None if mean is None else Decimal(mean),
    }


def _splits_build(connection: Any, settings: Settings, values: Row, place: str) -> str:
    """Names the split rows of a version, which are always the same; they are written once."""
    (found,) = select_rows(connection, settings, SPLITS_BUILD, values)
    if found["build_id"]:
        return str(found["build_id"])
    named = {name: _literal(values[name]) for name in ("feature_set", "feature_version", "invocation_id")}
    splits = _name(settings.schema("meta"), "dataset_splits_log")
    fetch(connection, SPLIT_ROWS.format(splits=splits, place=place, **named))
    return str(values["invocation_id"])


def _append(
    connection: Any, settings: Settings, name: str, rows: Sequence[Row], at: str = "created_at"
) -> None:
    """at: the column that has the time."""
    stamped = [{**row, at: datetime.now(timezone.utc)} for row in rows]
    tuples = [f"({', '.join(map(_literal, row.values()))})" for row in stamped]
    if tuples:
        place, columns = _name(settings.schema("meta"), name), ", ".join(map(identifier, stamped[0]))
        fetch(connection, f"insert into {place} ({columns}) values {', '.join(tuples)}")


def _literal(value: Any) -> str:
    """Also of a list of numbers, and of what tables have as JSON text."""
    if isinstance(value, Mapping) or (isinstance(value, list) and value and isinstance(value[0], Mapping)):
        return literal(json.dumps(value))
    return f"array({', '.join(map(literal, value))})" if isinstance(value, list) else literal(value)


def _name(schema: str, table: str) -> str:
    return f"{identifier(schema)}.{identifier(table)}"
