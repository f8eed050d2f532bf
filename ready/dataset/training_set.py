"""The training set that the tables hold now: its version, its fingerprints and its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import pyarrow as pa

from ready.database.query import is_postgres, select_rows
from ready.dataset.dataset_folder import EXACT, MODEL
from ready.dataset.model_types import as_model, model_schema
from ready.definition.column_roles import KEY, SPLIT, SPLITS, Roles, roles_of
from ready.errors import CheckFailed, UsageError
from ready.settings import Settings

Consume = Callable[[pa.Table], None]


class StoredTable(Protocol):
    """A training set's table on one engine."""

    @property
    def schema(self) -> pa.Schema: ...

    def content_hash(self, columns: list[str]) -> str:
        """128 bits over the rows that belong to a split, whatever their order; the same on every engine."""

    def null_counts(self, columns: list[str]) -> dict[str, int]:
        """How many rows of the splits have no value in each."""

    def values(self, column: str) -> pa.Array:
        """The distinct texts of a column in the splits, by their bytes, without null."""

    def sample(self, every: int) -> pa.Table:
        """Of the rows of the splits one in `every`, by a hash of the key: the same for the same data."""

    def read(self, split: str | None, consume: Consume) -> int:
        """Hands a split on in batches, by customer_id's bytes and feature_time; returns how many rows.

        split: None for all rows, also those in no split.
        """


@dataclass(frozen=True)
class TrainingSet:
    """A table and what identifies its rows.

    name: of the table in feats. identity: feature_set, feature_version, data_hash (of the features),
    config_hash, sql_hash and label_split_hash (of what else a row has: the label and the split, which can
    change while the features do not). row_counts: rows a split by the record of the build. roles: see
    ready/definition/column_roles.py. exact: as the tables have the rows, and not as models take them
    (model_types.py).
    """

    name: str
    table: StoredTable
    identity: dict[str, Any]
    row_counts: dict[str, int]
    roles: Roles
    exact: bool = False

    @cached_property
    def schema(self) -> pa.Schema:
        return self.table.schema if self.exact else self._model_schema

    @cached_property
    def _model_schema(self) -> pa.Schema:
        return model_schema(self.table.schema, [feature["name"] for feature in self.roles["features"]])

    @property
    def header(self) -> dict[str, Any]:
        """All that a manifest says of the rows, whichever files they are in."""
        columns = [{"name": field.name, "type": str(field.type)} for field in self.schema]
        types = EXACT if self.exact else MODEL
        return {**self.identity, "types": types, "columns": columns, "roles": self.roles}

    @cached_property
    def _categories(self) -> dict[str, pa.Array]:
        return {
            field.name: self.table.values(field.name)
            for field in self.schema
            if pa.types.is_dictionary(field.type)
        }

    def numbered(self, number: int | None) -> TrainingSet:
        """The same under another version's number; None leaves it as it is."""
        return (
            self if number is None else replace(self, identity={**self.identity, "feature_version": number})
        )

    def sample(self, every: int) -> pa.Table:
        """See StoredTable; for models, also where the set is exact."""
        return as_model(self.table.sample(every), self._model_schema)

    def read(self, split: str, consume: Consume) -> int:
        """See StoredTable. Raises CheckFailed when they are not as many as are on record."""

        # Asked for beforehand: the connection is busy while it reads.
        categories = {} if self.exact else self._categories

        def convert(batch: pa.Table) -> None:
            consume(as_model(batch, self.schema, categories))

        rows, recorded = self.table.read(split, consume if self.exact else convert), self.row_counts[split]
        if rows != recorded:
            raise _other_build(self.identity, f"has {rows} {split} row(s) where {recorded} are recorded")
        return rows

    @property
    def feature_schema(self) -> pa.Schema:
        """The keys and features as models take them, text as text."""
        names = [*KEY, *(feature["name"] for feature in self.roles["features"])]
        return model_schema(pa.schema([self.table.schema.field(name) for name in names]))

    def read_features(self, consume: Consume) -> int:
        """Hand on all rows with these columns, also those in no split; returns how many rows."""
        schema = self.feature_schema
        return self.table.read(None, lambda batch: consume(as_model(batch.select(schema.names), schema)))


@contextmanager
def open_training_set(
    connection: Any,
    settings: Settings,
    *,
    feature_set: str,
    version: int | None = None,
    exact: bool = False,
) -> Iterator[TrainingSet]:
    """Look up the training set of `feature_set`; on PostgreSQL in one snapshot that holds off a rebuild.

    connection: as ready.database.query.connected gives it, not inside a transaction. Raises UsageError when
    nothing is recorded or `version` is not what the tables hold, CheckFailed for a table of another build.
    """
    name = training_set_table(feature_set)
    with _stored(connection, settings.schema("feats"), name) as table:
        identity, features, config = _current_version(connection, settings, feature_set)
        if version not in (None, identity["feature_version"]):
            raise _not_current(connection, settings, identity, version)
        lost = [column for column in features if column not in table.schema.names]
        if lost:
            raise _other_build(identity, f"lacks its column(s) {', '.join(lost)}")
        others = [*KEY, *(column for column in table.schema.names if column not in features)]
        identity["label_split_hash"] = table.content_hash(others)
        roles = roles_of(
            table.schema.names,
            features=features,
            config=config,
            nulls=table.null_counts([name for name in table.schema.names if name not in (*KEY, SPLIT)]),
            fingerprint=identity["data_hash"],
        )
        yield TrainingSet(name, table, identity, _row_counts(connection, settings, identity), roles, exact)


def require_feature_set(connection: Any, settings: Settings, name: str) -> None:
    """Raise UsageError where other feature sets are recorded and this one is not."""
    known = published_sets(connection, settings)
    if known and name not in known:
        raise UsageError(f"no feature set {name}; there are: {', '.join(known)}")


def published_sets(connection: Any, settings: Settings) -> list[str]:
    """The feature sets of which the tables hold a version."""
    rows = select_rows(connection, settings, "select feature_set from {meta}.current_versions order by 1")
    return [row["feature_set"] for row in rows]


def training_set_table(feature_set: str) -> str:
    """The table or view of a feature set with labels and splits."""
    return feature_set.removesuffix("_features") + "_training_set"


def _stored(connection: Any, schema: str, name: str) -> AbstractContextManager[StoredTable]:
    if is_postgres(connection):
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
) -> tuple[dict[str, Any], list[str], dict[str, Any]]:
    """The identity of the current version, the names of its columns, and its definition on record."""
    rows = select_rows(
        connection,
        settings,
        "select feature_set, feature_version, data_hash, config_hash, sql_hash, columns, config "
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
    columns, config = identity.pop("columns"), identity.pop("config")
    return identity, [column["name"] for column in columns], config


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
