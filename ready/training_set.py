"""The training set that the tables hold now: its version, its fingerprints and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import psycopg2.extensions
import pyarrow as pa

from ready.errors import CheckFailed, UsageError
from ready.query import select_rows
from ready.settings import Settings

SPLITS = ("train", "val", "test")
KEY = ("customer_id", "feature_time")

Consume = Callable[[pa.Table], None]


class StoredTable(Protocol):
    """A training set's table on one engine."""

    @property
    def schema(self) -> pa.Schema: ...

    def content_hash(self, columns: list[str]) -> str:
        """128 bits over the rows that belong to a split, whatever their order; the same on every engine."""

    def read(self, split: str, consume: Consume) -> int:
        """Hands a split on in batches, by customer_id's bytes and feature_time; returns how many rows."""


@dataclass(frozen=True)
class TrainingSet:
    """A table and what identifies its rows.

    identity: feature_set, feature_version, data_hash (of the features), config_hash, sql_hash and
    label_split_hash (of what else a row has: the label and the split, which can change while the
    features do not). row_counts: rows a split by the record of the build.
    """

    table: StoredTable
    identity: dict[str, Any]
    row_counts: dict[str, int]

    @property
    def schema(self) -> pa.Schema:
        return self.table.schema

    def numbered(self, number: int | None) -> TrainingSet:
        """The same under another version's number; None leaves it as it is."""
        return (
            self if number is None else replace(self, identity={**self.identity, "feature_version": number})
        )

    def read(self, split: str, consume: Consume) -> int:
        """See StoredTable. Raises CheckFailed when they are not as many as are on record."""
        rows, recorded = self.table.read(split, consume), self.row_counts[split]
        if rows != recorded:
            raise _other_build(self.identity, f"has {rows} {split} row(s) where {recorded} are recorded")
        return rows


@contextmanager
def open_training_set(
    connection: Any, settings: Settings, *, feature_set: str, version: int | None = None
) -> Iterator[TrainingSet]:
    """Look up the training set of `feature_set`; on PostgreSQL in one snapshot that holds off a rebuild.

    connection: as ready.query.connected gives it, not inside a transaction. Raises UsageError when nothing
    is recorded or `version` is not what the tables hold, CheckFailed for a table of another build.
    """
    name = feature_set.removesuffix("_features") + "_training_set"
    with _stored(connection, settings.schema("feats"), name) as table:
        identity, features = _current_version(connection, settings, feature_set)
        if version not in (None, identity["feature_version"]):
            raise _not_current(connection, settings, identity, version)
        lost = [column for column in features if column not in table.schema.names]
        if lost:
            raise _other_build(identity, f"lacks its column(s) {', '.join(lost)}")
        others = [*KEY, *(column for column in table.schema.names if column not in features)]
        identity["label_split_hash"] = table.content_hash(others)
        yield TrainingSet(table, identity, _row_counts(connection, settings, identity))


def _stored(connection: Any, schema: str, name: str) -> AbstractContextManager[StoredTable]:
    if isinstance(connection, psycopg2.extensions.connection):
        from ready.postgres.stored_table import stored_table

        return stored_table(connection, schema, name)
    from ready.spark.stored_table import stored_table as on_spark

    return on_spark(connection, schema, name)


def _other_build(identity: dict[str, Any], difference: str) -> CheckFailed:
    return CheckFailed(
        f"the training set is not of the recorded build: version {identity['feature_version']} "
        f"of {identity['feature_set']} is current, and the table {difference}",
        hint="build it again with: ready run",
    )


def _current_version(
    connection: Any, settings: Settings, feature_set: str
) -> tuple[dict[str, Any], list[str]]:
    """The identity of the current version, and the names of its columns."""
    rows = select_rows(
        connection,
        settings,
        "select feature_set, feature_version, data_hash, config_hash, sql_hash, columns "
        "from {meta}.current_versions "
        "join {meta}.feature_registry using (feature_set, feature_version, data_hash) "
        "where feature_set = %(feature_set)s",
        {"feature_set": feature_set},
    )
    if not rows:
        raise UsageError(
            f"no version of {feature_set} is recorded as the current one", hint="build it with: ready run"
        )
    (identity,) = rows
    columns = identity.pop("columns")
    return identity, [column["name"] for column in columns]


def _not_current(
    connection: Any, settings: Settings, current: dict[str, Any], version: int | None
) -> UsageError:
    rows = select_rows(
        connection,
        settings,
        "select distinct feature_version from {meta}.feature_registry "
        "where feature_set = %(feature_set)s order by 1",
        current,
    )
    recorded = [row["feature_version"] for row in rows]
    now, versions = current["feature_version"], ", ".join(map(str, recorded))
    state = "is recorded, but not what the tables hold" if version in recorded else "is not recorded"
    return UsageError(
        f"version {version} of {current['feature_set']} {state}: "
        f"they hold version {now} (data {current['data_hash'][:12]}); recorded: {versions}",
        hint=f"leave the version out to get version {now}",
    )


def _row_counts(connection: Any, settings: Settings, identity: dict[str, Any]) -> dict[str, int]:
    rows = select_rows(
        connection,
        settings,
        "select split, count(*) as row_count from {meta}.dataset_splits "
        "where feature_set = %(feature_set)s and feature_version = %(feature_version)s group by split",
        identity,
    )
    return dict.fromkeys(SPLITS, 0) | {row["split"]: row["row_count"] for row in rows}
