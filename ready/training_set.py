"""The training set that the tables hold now: its version, fingerprints, columns and rows a split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from ready.arrow import EXACT_TEXT, arrow_schema
from ready.errors import CheckFailed, UsageError
from ready.settings import Settings

SPLITS = ("train", "val", "test")
KEY = ("customer_id", "feature_time")


@dataclass(frozen=True)
class TrainingSet:
    """A table and what identifies its rows.

    identity: feature_set, feature_version, data_hash (of the features), config_hash, sql_hash and
    label_split_hash (of what else a row has: the label and the split, which can change while the
    features do not). row_counts: rows a split by the record of the build.
    """

    table: sql.Composable
    schema: pa.Schema
    identity: dict[str, Any]
    row_counts: dict[str, int]


def find_training_set(
    cursor: Cursor, settings: Settings, *, feature_set: str, version: int | None = None
) -> TrainingSet:
    """Look up the training set of `feature_set`, locked against a rebuild until the transaction ends.

    To be called first in a REPEATABLE READ transaction. Raises UsageError when nothing is
    recorded or `version` is not what the tables hold, CheckFailed for a table of another build.
    """
    meta = sql.Identifier(settings.schema("meta"))
    name = feature_set.removesuffix("_features") + "_training_set"
    table = sql.Identifier(settings.schema("feats"), name)
    # Locked before the snapshot is taken: a table that dbt replaces afterwards would look empty in it.
    cursor.execute(sql.SQL("lock table {} in access share mode").format(table))
    cursor.execute(EXACT_TEXT)
    identity, features = _current_version(cursor, meta, feature_set)
    if version not in (None, identity["feature_version"]):
        raise _not_current(cursor, meta, identity, version)
    schema = table_schema(cursor, table)
    lost = [column for column in features if column not in schema.names]
    if lost:
        raise _other_build(identity, f"lacks its column(s) {', '.join(lost)}")
    others = [*KEY, *(column for column in schema.names if column not in features)]
    identity["label_split_hash"] = _content_hash(cursor, table, others)
    return TrainingSet(table, schema, identity, _row_counts(cursor, meta, identity))


def check_row_count(training_set: TrainingSet, split: str, rows: int) -> None:
    """Raises CheckFailed when a split has not the rows on record."""
    recorded = training_set.row_counts[split]
    if rows != recorded:
        raise _other_build(training_set.identity, f"has {rows} {split} row(s) where {recorded} are recorded")


def copy_statement(cursor: Cursor, source: TrainingSet, split: str) -> str:
    """Rows in the order of their key's bytes, whatever the locale of the database."""
    return (
        sql.SQL(
            "copy (select {columns} from {table} where split = {split} "
            "order by customer_id collate \"C\", feature_time) to stdout (format csv, encoding 'UTF8')"
        )
        .format(
            columns=sql.SQL(", ").join(map(sql.Identifier, source.schema.names)),
            table=source.table,
            split=sql.Literal(split),
        )
        .as_string(cursor)
    )


def _other_build(identity: dict[str, Any], difference: str) -> CheckFailed:
    return CheckFailed(
        f"the training set is not of the recorded build: version {identity['feature_version']} "
        f"of {identity['feature_set']} is current, and the table {difference}",
        hint="build it again with: ready run",
    )


def _current_version(
    cursor: Cursor, meta: sql.Identifier, feature_set: str
) -> tuple[dict[str, Any], list[str]]:
    """The identity of the current version, and the names of its columns."""
    keys = ("feature_set", "feature_version", "data_hash", "config_hash", "sql_hash")
    cursor.execute(
        sql.SQL(
            "select {}, columns from {}.current_versions "
            "join {}.feature_registry using (feature_set, feature_version, data_hash) "
            "where feature_set = %s"
        ).format(sql.SQL(", ").join(map(sql.Identifier, keys)), meta, meta),
        [feature_set],
    )
    row = cursor.fetchone()
    if row is None:
        raise UsageError(
            f"no version of {feature_set} is recorded as the current one", hint="build it with: ready run"
        )
    *values, columns = row
    return dict(zip(keys, values, strict=True)), [column["name"] for column in columns]


def _not_current(
    cursor: Cursor, meta: sql.Identifier, current: dict[str, Any], version: int | None
) -> UsageError:
    cursor.execute(
        sql.SQL(
            "select distinct feature_version from {}.feature_registry where feature_set = %s order by 1"
        ).format(meta),
        [current["feature_set"]],
    )
    recorded = [row[0] for row in cursor.fetchall()]
    now, versions = current["feature_version"], ", ".join(map(str, recorded))
    state = "is recorded, but not what the tables hold" if version in recorded else "is not recorded"
    return UsageError(
        f"version {version} of {current['feature_set']} {state}: "
        f"they hold version {now} (data {current['data_hash'][:12]}); recorded: {versions}",
        hint=f"leave the version out to get version {now}",
    )


def table_schema(cursor: Cursor, table: sql.Composable) -> pa.Schema:
    """The Arrow schema of a table or view. Raises UsageError for a column without an exact type."""
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        [table.as_string(cursor)],
    )
    return arrow_schema(cursor.fetchall())


def _content_hash(cursor: Cursor, table: sql.Composable, columns: list[str]) -> str:
    """128 bits over the rows that belong to a split, whatever their order: exact sums of md5 halves.

    Without the offset PostgreSQL would compute each md5 twice.
    """
    cursor.execute(
        sql.SQL(
            "select md5(concat_ws('|', count(*), sum(('x' || left(digest, 16))::bit(64)::bigint), "
            "sum(('x' || right(digest, 16))::bit(64)::bigint))) "
            "from (select md5(row({})::text) as digest from {} where split is not null offset 0) as digests"
        ).format(sql.SQL(", ").join(map(sql.Identifier, columns)), table)
    )
    (digest,) = cursor.fetchone() or ("",)
    return str(digest)


def _row_counts(cursor: Cursor, meta: sql.Identifier, identity: dict[str, Any]) -> dict[str, int]:
    cursor.execute(
        sql.SQL(
            "select split, count(*) from {}.dataset_splits "
            "where feature_set = %(feature_set)s and feature_version = %(feature_version)s group by split"
        ).format(meta),
        identity,
    )
    return dict.fromkeys(SPLITS, 0) | dict(cursor.fetchall())
