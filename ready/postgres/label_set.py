"""The table of a training set of own labels, and its records, in the caller's transaction."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from loader.postgres import PostgresSink
from ready.database.locks import build_lock
from ready.database.opening import open_database
from ready.database.query import Row
from ready.dataset.arrow import EXACT_TEXT
from ready.definition.column_roles import KEY
from ready.label_sets.labels import LabelledRow, require_free_name
from ready.label_sets.profile import profile_text
from ready.postgres.roles import LOADER
from ready.postgres.stored_table import PostgresTable
from ready.recorded.registry import select_meta, version_for
from ready.settings import Settings

CREATE = """
create table {table} as
select
    spine.customer_id, spine.feature_time, {features}, cast(spine.label as {label_type}) as {label},
    spine.split
from pg_temp.spine as spine {parts}
order by spine.customer_id collate "C", spine.feature_time
"""
# A query gives its rows in the order of ordinal, and without it.
PART = "join (select row_number() over () as ordinal, * from {view}) as {name} using (ordinal)"

RECORD = """
insert into {meta}.current_versions
    (feature_set, feature_version, data_hash, invocation_id, dataset_hash)
values (%(feature_set)s, %(feature_version)s, %(data_hash)s, %(invocation_id)s, %(dataset_hash)s)
on conflict (feature_set) do update set
    feature_version = excluded.feature_version, data_hash = excluded.data_hash,
    invocation_id = excluded.invocation_id, dataset_hash = excluded.dataset_hash,
    built_at = excluded.built_at;

insert into {meta}.feature_registry (
    feature_set, feature_version, config_hash, sql_hash, lineage, data_hash, row_count, columns, load_ids,
    validation_passed, git_commit, git_dirty, invocation_id, config
) values (
    %(feature_set)s, %(feature_version)s, %(config_hash)s, %(sql_hash)s, %(lineage)s, %(data_hash)s,
    %(row_count)s, %(columns)s, %(load_ids)s, %(validation_passed)s, %(git_commit)s, %(git_dirty)s,
    %(invocation_id)s, %(config)s
) on conflict do nothing;

insert into {meta}.dataset_splits (feature_set, feature_version, customer_id, feature_time, split)
select %(feature_set)s, %(feature_version)s, customer_id, feature_time, split
from {table}
where split is not null and not exists (
    select from {meta}.dataset_splits
    where feature_set = %(feature_set)s and feature_version = %(feature_version)s
);

insert into {meta}.dataset_split_summary (
    feature_set, feature_version, data_hash, split, time_from, time_to, row_count, entity_count,
    membership_hash, embargo_days, label_mean
)
select %(feature_set)s, %(feature_version)s, %(data_hash)s, split, time_from, time_to, row_count,
    entity_count, membership_hash, %(embargo)s, label_mean
from jsonb_to_recordset(%(splits)s) as parts (
    split text, time_from timestamptz, time_to timestamptz, row_count bigint, entity_count bigint,
    membership_hash text
)
join jsonb_to_recordset(%(label_means)s) as means (split text, label_mean numeric) using (split)
on conflict do nothing;

insert into {meta}.dataset_label_summary
    (feature_set, feature_version, data_hash, labels_hash, row_count, labelled_count)
values (
    %(feature_set)s, %(feature_version)s, %(data_hash)s, %(labels_hash)s, %(row_count)s, %(row_count)s
) on conflict do nothing;

insert into {meta}.dataset_builds (
    feature_set, feature_version, data_hash, dataset_hash, labels_hash, splits, load_ids, loads, invocation_id
) values (
    %(feature_set)s, %(feature_version)s, %(data_hash)s, %(dataset_hash)s, %(labels_hash)s, %(splits)s,
    %(load_ids)s, %(loads)s, %(invocation_id)s
) on conflict do nothing
"""

PROFILE = """
insert into {meta}.feature_profiles (feature_set, feature_version, data_hash, column_name, profile)
values (%(feature_set)s, %(feature_version)s, %(data_hash)s, %(column)s, %(profile)s)
on conflict do nothing
"""


def labels_sink(settings: Settings) -> PostgresSink:
    """Where the loader puts a file of labels."""
    return PostgresSink(open_database(settings, role=LOADER).connect)


@contextmanager
def alone_at_work(
    settings: Settings, say: Callable[[str, str], None], lock_timeout: float | None
) -> Iterator[Connection]:
    """A connection, while no other run builds. See ready.database.locks.build_lock."""
    params = open_database(settings)
    with (
        build_lock(params, settings.schema("meta"), say, timeout=lock_timeout),
        closing(params.connect()) as connection,
    ):
        yield connection


def are_staged(connection: Connection, settings: Settings, base: Row) -> bool:
    """Whether the staged purchases, and the rows of the sources of a build, are of its loads."""
    tables = ["customer_purchases", *base["config"].get("sources", ())]
    rows = select_meta(
        connection,
        settings,
        "select load_ids from {meta}.model_definitions "
        "where node_id like 'model.%%' and split_part(node_id, '.', 3) in %(tables)s",
        {"tables": tuple(tables)},
    )
    staged = {load_id for row in rows for load_id in row["load_ids"] or ()}
    return len(rows) == len(tables) and sorted(staged) == base["load_ids"]


def write_label_set(
    connection: Connection,
    settings: Settings,
    *,
    record: Row,
    table: str,
    queries: Sequence[Row],
    rows: Sequence[LabelledRow],
    label: tuple[str, str],
) -> Row:
    """Make the table and record it; returns the record with feature_version, data_hash, row_count, columns.

    record: what else there is of the registry's row, and labels_hash, splits, label_means and dataset_hash.
    queries: as recorded_queries of ready.label_sets gives them. label: the column's name and its type. Raises
    UsageError for a label that has the name of another column.
    """
    with connection, connection.cursor() as cursor:
        made = _make_table(cursor, settings, table=table, queries=queries, rows=rows, label=label)
        values = {**record, **made}
        values["feature_version"] = version_for(connection, settings, values)
        names = _names(settings, table)
        embargo = values["config"]["splits"]["embargo"]
        cursor.execute(sql.SQL(RECORD).format(**names), {**values, **_as_json(values), "embargo": embargo})
        _record_profiles(cursor, names, values)
    return values


def _names(settings: Settings, table: str) -> dict[str, sql.Composable]:
    place = sql.Identifier(settings.schema("feats"), table)
    return {"meta": sql.Identifier(settings.schema("meta")), "table": place}


def _make_table(
    cursor: Cursor,
    settings: Settings,
    *,
    table: str,
    queries: Sequence[Row],
    rows: Sequence[LabelledRow],
    label: tuple[str, str],
) -> Row:
    """Its rows, fingerprint and columns, as _contents gives them."""
    name, kind = label
    cursor.execute(EXACT_TEXT)
    _copy_in(cursor, rows)
    features: list[str] = []
    parts = []
    for query in queries:
        view = sql.Identifier("pg_temp", query["feature_set"])
        cursor.execute(query["planner_settings"])
        cursor.execute(sql.SQL("create temporary view {} as ").format(view) + sql.SQL(query["query"]))
        features += PostgresTable(cursor, view).schema.names
        parts.append(sql.SQL(PART).format(view=view, name=sql.Identifier(query["feature_set"])))
    require_free_name(name, features)
    names = {**_names(settings, table), "label": sql.Identifier(name), "label_type": sql.SQL(kind)}
    names["parts"] = sql.SQL(" ").join(parts)
    listed = sql.SQL(", ").join(map(sql.Identifier, features))
    cursor.execute(sql.SQL("drop table if exists {table}").format(**names))
    cursor.execute(sql.SQL(CREATE).format(**names, features=listed))
    cursor.execute(sql.SQL("create index on {table} (customer_id, feature_time)").format(**names))
    cursor.execute("drop table spine cascade")
    return _contents(cursor, names["table"], [*KEY, *features])


def _record_profiles(cursor: Cursor, names: Mapping[str, sql.Composable], values: Row) -> None:
    """How the values of each feature are distributed, so that versions can be compared."""
    read: list[pa.Table] = []
    stored = PostgresTable(cursor, names["table"])
    stored.read(None, read.append)
    table = pa.concat_tables([stored.schema.empty_table(), *read])
    for name in (column["name"] for column in values["columns"] if column["name"] not in KEY):
        row = {**values, "column": name, "profile": profile_text(table[name])}
        cursor.execute(sql.SQL(PROFILE).format(**names), row)


def _copy_in(cursor: Cursor, rows: Sequence[LabelledRow]) -> None:
    cursor.execute(
        "create temporary table spine "
        "(ordinal bigint, customer_id text, feature_time timestamptz, label text, split text)"
    )
    text = io.StringIO()
    writer = csv.writer(text)
    for ordinal, row in enumerate(rows, start=1):
        writer.writerow([ordinal, row.customer_id, row.time.isoformat(), row.value, row.split])
    text.seek(0)
    cursor.copy_expert("copy spine from stdin (format csv)", text)


def _contents(cursor: Cursor, table: sql.Composable, columns: list[str]) -> Row:
    """Rows and fingerprint of the features, and the columns with their types."""
    stored = PostgresTable(cursor, table)
    cursor.execute(sql.SQL("select count(*) from {}").format(table))
    (row_count,) = cursor.fetchone() or (0,)
    return {
        "row_count": row_count,
        "data_hash": stored.content_hash(columns, in_splits=False),
        "columns": [column for column in stored.columns() if column["name"] in columns],
    }


def _as_json(values: Row) -> Row:
    means = [{"split": split, "label_mean": mean} for split, mean in values["label_means"].items()]
    return {
        "loads": json.dumps(values["lineage"]["loads"]),
        "label_means": json.dumps(means),
        **{name: json.dumps(values[name]) for name in ("lineage", "columns", "config", "splits")},
    }
