"""A training set of labels of one's own: features at the labels' instants, recorded and exported.

The features are computed by the queries of published feature sets, of customer_features if no other is asked
for, from the tables that are staged, which must be of the loads that were published; the labels are a load in
raw. What differs between engines is
in ready/postgres/label_set.py and ready/spark/label_set.py.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

from loader import FilesRefused, LoaderError, LoadOptions, load_into
from ready.database.query import Row, has_table, select_rows
from ready.dataset.export import ExportResult, export_dataset
from ready.dataset.model_types import INSTANT
from ready.dataset.training_set import training_set_table
from ready.definition.column_roles import FEATURE_SET, KEY, labelled_features
from ready.errors import CheckFailed, UsageError, from_loader, nothing_built
from ready.label_sets.doubts import doubts_of
from ready.label_sets.exact_mean import exact_mean
from ready.label_sets.labels import Label, LabelColumns, LabelledRow, Labels, checked_labels
from ready.label_sets.point_in_time import (
    first_known_column,
    is_first_known,
    recorded_queries,
    recorded_query,
    sources_in,
    spine_table,
    unseen_in,
    what_unknown_lack,
)
from ready.label_sets.shown import cut
from ready.label_sets.splits import Part, parts_of, split_of
from ready.recorded.registry import find_current, select_meta
from ready.run_page.label_sets import read_label_sets
from ready.run_page.render import renew_label_sets
from ready.settings import Settings

Connection = Any  # psycopg2's, or PyHive's: see ready/database/query.py
Say = Callable[[str, str], None]

UNKNOWN = """
select distinct customer_id from spine as asked
where not exists (
    select 1 from {{stg}}.customer_purchases as purchases
    where purchases.customer_id = asked.customer_id and {is_first_known}
)
"""
EARLY = """
select distinct ordinal from spine
inner join {{stg}}.customer_purchases as purchases on purchases.customer_id = spine.customer_id
where {is_first_known} and spine.feature_time < purchases.{first_known}
order by ordinal
"""
NUMBERS = {"true": "1", "false": "0"}

NAME = "[a-z][a-z0-9_]{0,39}"
MOST_BYTES = 63
"""Of a column's name: PostgreSQL cuts longer ones."""
LONGEST_HORIZON = 36_500


@dataclass(frozen=True)
class LabelDefinition:
    """What is asked of a label file.

    horizon: how many days after its time a label looks; it is the embargo of the splits. kind: integer,
    number, boolean or text; None to find it out. skip_unknown: leave out labels of customers without
    a purchase. features: the feature set that is joined to the labels.
    """

    columns: LabelColumns
    horizon: int
    kind: str | None = None
    skip_unknown: bool = False
    features: str = FEATURE_SET

    @classmethod
    def recorded(cls, labels: Mapping[str, Any]) -> LabelDefinition:
        """Of `labels` in meta.feature_registry.config."""
        columns = LabelColumns(**labels["columns"])
        return cls(
            columns, labels["horizon"], labels["kind"], labels["skip_unknown"], labelled_features(labels)
        )


@dataclass(frozen=True)
class LabelSet:
    """record: its row in the registry. row_counts: by split, None for the rows of none."""

    record: Row
    labels: Labels
    row_counts: dict[str | None, int]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Built:
    label_set: LabelSet
    export: ExportResult


def build_label_set(
    settings: Settings,
    file: Path,
    *,
    name: str,
    definition: LabelDefinition,
    say: Say,
    reading: dict[str, Any] | None = None,
    lock_timeout: float | None = None,
) -> Built:
    """Load the label file, build the training set `name` of it, record it, write it and show it on the page.

    reading: of the loader's options delimiter and encoding. say: hears what is waited for. While another run
    is at work this waits, at most lock_timeout seconds.

    Raises UsageError for a name that is taken, too long or none, a horizon of over 100 years, columns that
    are not there, features that cannot be computed at any instant, and where nothing was built yet;
    CheckFailed for labels that cannot be used, with their lines; MachineError when the database fails.
    """
    _require_possible(name, definition)
    load_id = _load(settings, file, name, definition.columns, reading or {})
    with _on_engine(settings).alone_at_work(settings, say, lock_timeout) as connection:
        _require_free(connection, settings, name)
        built = record_label_set(
            connection,
            settings,
            name=name,
            base=_published(connection, settings, definition.features),
            load=_load_of(connection, settings, load_id),
            definition=definition,
        )
        export = export_dataset(connection, settings=settings, feature_set=name)
        renew_label_sets(settings, read_label_sets(connection, settings))
    return Built(built, export)


def _require_possible(name: str, definition: LabelDefinition) -> None:
    """What is asked for is judged before anything is written."""
    if not re.fullmatch(NAME, name):
        raise UsageError(
            f"a training set cannot be named {cut(name)}",
            hint="name it with --name: a to z, 0 to 9 and _, at most 40, and a letter first",
        )
    label = definition.columns.label
    if (size := len(label.encode())) > MOST_BYTES:
        raise UsageError(
            f"the label's column {cut(label)} has a name of {size} bytes: at most {MOST_BYTES} are possible",
            hint="give it a shorter name in the file, and name it with --label",
        )
    if definition.horizon > LONGEST_HORIZON:
        raise UsageError(
            f"a horizon of {definition.horizon} days is too long: at most {LONGEST_HORIZON}, 100 years",
            hint="say with --horizon how many days after its time a label looks",
        )


def _on_engine(settings: Settings) -> ModuleType:
    """What differs between engines."""
    if settings.target == "spark":
        from ready.spark import label_set as on_spark

        return on_spark
    from ready.postgres import label_set as on_postgres

    return on_postgres


def _load(settings: Settings, file: Path, name: str, columns: LabelColumns, reading: dict[str, Any]) -> int:
    """The load that raw has of the file, from now on or already."""
    if not file.is_file():
        raise UsageError(f"there is no file {file}", hint="name the CSV file of the labels with --labels")
    keys = (columns.customer, columns.time, columns.label)
    try:
        options = LoadOptions(
            source=f"labels:{name}",
            pattern="*",
            expected_columns=keys,
            key_columns=keys,
            max_rejects="0",
            max_shrink="100%",
            **reading,
        )
        summary = load_into(_on_engine(settings).labels_sink(settings), [file], options)
    except FilesRefused as error:
        hint = "mend the file, or name its --delimiter or --encoding"
        raise CheckFailed(error.message, hint=hint) from None
    except LoaderError as error:
        raise from_loader(error) from None
    (loaded,) = summary.files
    if loaded.load_id is None:
        raise CheckFailed(f"{file.name} has no labels", hint="deliver a file with at least one record")
    return loaded.load_id


def _load_of(connection: Connection, settings: Settings, load_id: int) -> Row:
    (load,) = select_rows(
        connection,
        settings,
        "select load_id, file_name, file_sha256 from {raw}.loads where load_id = %(load_id)s",
        {"load_id": load_id},
    )
    return load


def _require_free(connection: Connection, settings: Settings, name: str) -> None:
    """The name must be new, or that of an earlier set of labels."""
    rows = select_meta(
        connection,
        settings,
        "select config from {meta}.feature_registry where feature_set = %(name)s",
        {"name": name},
    )
    is_ours = any("labels" in row["config"] for row in rows)
    if not is_ours and (rows or has_table(connection, settings, "feats", training_set_table(name))):
        raise UsageError(f"there is another feature set {name}", hint="name this one otherwise: --name")


def _published(connection: Connection, settings: Settings, features: str) -> Row:
    """The current build of the features, of whose loads the staged tables must be."""
    recorded_queries(connection, settings, features)  # what they cannot be computed by is said first
    base = find_current(connection, settings, features)
    if base is None:
        raise nothing_built(features)
    if not _on_engine(settings).are_staged(connection, settings, base):
        raise CheckFailed(
            "the staged tables are of other loads than the published features: a build has ended between",
            hint="end it with: ready run",
        )
    return base


def record_label_set(
    connection: Connection,
    settings: Settings,
    *,
    name: str,
    base: Row,
    load: Row,
    definition: LabelDefinition,
) -> LabelSet:
    """Build the table of a training set and all that the registry holds of it, in one transaction.

    base: the build of the features, as ready.recorded.registry.find_build gives it. load: load_id,
    file_name and file_sha256 of the label file. Raises CheckFailed for labels that cannot be used.
    """
    queries = recorded_queries(connection, settings, definition.features)
    of_orders = recorded_query(connection, settings)["query"]
    labels = _labels(connection, settings, of_orders, load, definition, sources_in(queries))
    splits = {**base["config"]["splits"]}
    splits["embargo"] = 0 if splits.get("by") == "customer" else definition.horizon
    parts = parts_of([label.time for label in labels.rows], splits)
    rows = [
        LabelledRow(
            label.customer_id,
            label.time,
            label.value,
            split_of(label.customer_id, label.time, parts, splits, splits["embargo"]),
        )
        for label in labels.rows
    ]
    record = _record(name, base, load, definition, labels, splits, parts, rows)
    record |= _on_engine(settings).write_label_set(
        connection,
        settings,
        record=record,
        table=training_set_table(name),
        queries=queries,
        rows=rows,
        label=(definition.columns.label, labels.sql_type),
    )
    counts = {part.split: 0 for part in parts} | {None: 0}
    for row in rows:
        counts[row.split] += 1
    warnings = _warnings(connection, settings, of_orders, load["file_name"], labels, counts)
    return LabelSet(record, labels, counts, tuple(warnings))


def _labels(
    connection: Connection,
    settings: Settings,
    query: str,
    load: Row,
    definition: LabelDefinition,
    sources: Sequence[str],
) -> Labels:
    rows = select_rows(
        connection,
        settings,
        "select line_number, payload from {raw}.raw_events where load_id = %(load_id)s order by line_number",
        load,
    )

    def unknown_of(ids: Collection[str]) -> Collection[str]:
        return _unknown_customers(connection, settings, is_first_known(query), sources, sorted(ids))

    return checked_labels(
        load["file_name"],
        [(row["line_number"], row["payload"]) for row in rows],
        definition.columns,
        header=_header(connection, settings, load),
        horizon=definition.horizon,
        kind=definition.kind,
        unknown_of=unknown_of,
        without=what_unknown_lack(sources) + ("," if sources else ""),
        skip_unknown=definition.skip_unknown,
    )


def _header(connection: Connection, settings: Settings, load: Row) -> list[str]:
    """The columns in the file's order, which a payload does not have."""
    (found,) = select_rows(
        connection, settings, "select columns from {raw}.loads where load_id = %(load_id)s", load
    )
    header: list[str] = found["columns"]
    return header


def _unknown_customers(
    connection: Connection, settings: Settings, condition: str, sources: Sequence[str], ids: Sequence[str]
) -> set[str]:
    """Those of the ids that have no purchase, nor a row of these sources. condition: see is_first_known."""
    unseen, names = unseen_in(sources)
    with spine_table(connection, _spine(ids, [None] * len(ids))):
        rows = select_rows(
            connection, settings, UNKNOWN.format(is_first_known=condition) + unseen, None, **names
        )
    return {row["customer_id"] for row in rows}


def _record(
    name: str,
    base: Row,
    load: Row,
    definition: LabelDefinition,
    labels: Labels,
    splits: dict[str, Any],
    parts: Sequence[Part],
    rows: Sequence[LabelledRow],
) -> Row:
    """Of the registry's rows all but what the table shows. The labels are part of the definition."""
    labels_hash = _hash_of(rows)
    asked = {**asdict(definition), "kind": labels.kind}
    if definition.features == FEATURE_SET:
        del asked["features"]  # as sets of before have it
    hashed = {
        "features": base["config"]["features"],
        "of_version": base["feature_version"],
        "labels": {**asked, "file_sha256": load["file_sha256"], "hash": labels_hash},
        "splits": splits,
    }
    config = {
        **base["config"],
        "label": {"horizon": definition.horizon},
        "labels": {
            **hashed["labels"],
            "file_name": load["file_name"],
            "left_out": labels.unknown,
            "features_version": base["feature_version"],
        },
        "splits": splits,
    }
    recorded_splits = list(_split_records(parts, rows))
    return {
        "feature_set": name,
        "config_hash": _md5(json.dumps(hashed, sort_keys=True)),
        "sql_hash": base["sql_hash"],
        "lineage": {**base["lineage"], "labels": load},
        "load_ids": base["load_ids"],
        "validation_passed": base["validation_passed"],
        "git_commit": base["git_commit"],
        "git_dirty": base["git_dirty"],
        "invocation_id": str(uuid.uuid4()),
        "config": config,
        "labels_hash": labels_hash,
        "splits": recorded_splits,
        "label_means": dict(_label_means(labels.kind, rows)),
        "dataset_hash": _md5(json.dumps([labels_hash, recorded_splits, base["load_ids"]])),
    }


def _split_records(parts: Sequence[Part], rows: Sequence[LabelledRow]) -> Iterator[dict[str, Any]]:
    """What meta.dataset_builds and dataset_split_summary have of each split that has rows."""
    for part in parts:
        members = [row for row in rows if row.split == part.split]
        if members:
            yield {
                "split": part.split,
                "membership_hash": _md5("\n".join(sorted(row.key for row in members))),
                "row_count": len(members),
                "entity_count": len({row.customer_id for row in members}),
                "time_from": part.time_from.isoformat(),
                "time_to": part.time_to.isoformat(),
            }


def _label_means(kind: str, rows: Iterable[LabelledRow]) -> Iterator[tuple[str, str | None]]:
    """The mean label of each split, where 1 is true; None of classes."""
    values: dict[str, list[str]] = {}
    for row in rows:
        if row.split:
            values.setdefault(row.split, []).append(row.value)
    for split, texts in values.items():
        counts = Counter(Decimal(NUMBERS.get(text, text)) for text in texts if kind != "text")
        mean = exact_mean(counts)
        yield split, None if mean is None else format(mean, "f")


def _hash_of(rows: Sequence[LabelledRow]) -> str:
    """Of the labels, whatever their order in the file."""
    return _md5("\n".join(sorted(f"{row.key} {row.value}" for row in rows)))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _warnings(
    connection: Connection,
    settings: Settings,
    query: str,
    file_name: str,
    labels: Labels,
    counts: dict[str | None, int],
) -> Iterator[str]:
    (span,) = select_rows(connection, settings, "select last_order_ts from {stg}.data_span")
    early = _before_first_purchase(connection, settings, query, labels.rows)
    return doubts_of(file_name, labels, counts, end=span["last_order_ts"], early=early)


def _before_first_purchase(
    connection: Connection, settings: Settings, query: str, rows: Sequence[Label]
) -> list[Label]:
    """One at the very instant of the purchase is not before it: that is how fraud is labelled."""
    ids, times = [row.customer_id for row in rows], [row.time for row in rows]
    asked = EARLY.format(is_first_known=is_first_known(query), first_known=first_known_column(query))
    with spine_table(connection, _spine(ids, times)):
        return [rows[row["ordinal"]] for row in select_rows(connection, settings, asked)]


def _spine(ids: Sequence[str], times: Sequence[datetime | None]) -> pa.Table:
    ordinals = pa.array(range(len(ids)), pa.int64())
    return pa.table([ordinals, pa.array(ids, pa.string()), pa.array(times, INSTANT)], ["ordinal", *KEY])
