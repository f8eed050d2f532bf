"""The table of a training set of own labels, and its records, in the caller's transaction."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ready.database.query import Row
from ready.dataset.arrow import EXACT_TEXT
from ready.dataset.column_roles import KEY, SPLIT
from ready.errors import UsageError
from ready.postgres.stored_table import PostgresTable
from ready.settings import Settings

# The query gives its rows in the order of ordinal, and without it.
CREATE = """
create table {table} as
select
    spine.customer_id, spine.feature_time, {features}, cast(spine.label as {label_type}) as {label},
    spine.split
from (select row_number() over () as ordinal, * from pg_temp.features_at) as features
join pg_temp.spine as spine using (ordinal)
order by spine.customer_id collate "C", spine.feature_time
"""

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
join (select split, {label_mean} as label_mean from {table} group by split) as means using (split)
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

# As macros/meta/feature_profiles.sql, of all rows.
PROFILE = """
with filled as (select {column} as value from {table}),
valued as (select value, count(*) as times from filled where value is not null group by value),
cumulated as (
    select value, times,
        cast(sum(times) over (order by value) as bigint) as up_to, cast(sum(times) over () as bigint) as total
    from valued
)
insert into {meta}.feature_profiles (feature_set, feature_version, data_hash, column_name, profile)
select %(feature_set)s, %(feature_version)s, %(data_hash)s, %(column)s,
    jsonb_build_object(
        'rows', %(row_count)s, 'missing', %(row_count)s - coalesce(sum(times), 0)
    ) || {numbers}
from cumulated
on conflict do nothing
"""
NUMBERS = """
jsonb_build_object(
    'zero', coalesce(sum(times) filter (where value = 0), 0),
    'minimum', trim_scale(cast(min(value) as numeric)), 'maximum', trim_scale(cast(max(value) as numeric)),
    'mean', trim_scale(round(sum(value * times) / nullif(sum(times), 0), 6)),
    'sampled_every', 1, 'distinct', count(*),
    'distribution', coalesce(
        jsonb_agg(jsonb_build_array(trim_scale(cast(value as numeric)), times, up_to) order by value) filter (
            where up_to = times or up_to * 200 / total > (up_to - times) * 200 / total
        ), '[]'
    )
)
"""

VERSION = """
select coalesce(
    min(feature_version) filter (where config_hash = %(config_hash)s and sql_hash = %(sql_hash)s),
    max(feature_version) + 1,
    1
)
from {meta}.feature_registry
where feature_set = %(feature_set)s
"""

MEANS = {"boolean": "round(avg(case when {label} then 1 else 0 end), 6)", "text": "cast(null as numeric)"}


@dataclass(frozen=True)
class LabelledRow:
    """value: the label as text. split: None where the row belongs to none."""

    customer_id: str
    time: datetime
    value: str
    split: str | None

    @property
    def key(self) -> str:
        """One text of customer and instant."""
        return json.dumps([self.customer_id, self.time.astimezone(timezone.utc).isoformat()])


def write_label_set(
    cursor: Cursor,
    settings: Settings,
    *,
    record: Row,
    table: str,
    query: Row,
    rows: Sequence[LabelledRow],
    label: tuple[str, str],
) -> Row:
    """Make the table and record it; returns the record with feature_version, data_hash, row_count, columns.

    record: what else there is of the registry's row, and labels_hash, splits and dataset_hash. query: as
    ready.label_sets.point_in_time.recorded_query gives it. label: the column's name and its type. Raises
    UsageError for a label that has the name of another column.
    """
    name, kind = label
    place = sql.Identifier(settings.schema("feats"), table)
    names = {"meta": sql.Identifier(settings.schema("meta")), "table": place, "label": sql.Identifier(name)}
    cursor.execute(EXACT_TEXT)
    _copy_in(cursor, rows)
    cursor.execute(query["planner_settings"])
    cursor.execute(f"create temporary view features_at as {query['query']}")
    features = PostgresTable(cursor, sql.Identifier("pg_temp", "features_at")).schema.names
    if name in (*KEY, *features, SPLIT):
        raise UsageError(
            f"the label's column {name} has the name of a column of the training set",
            hint="give it another name in the file, and name it with --label",
        )
    cursor.execute(sql.SQL("drop table if exists {table}").format(**names))
    listed = sql.SQL(", ").join(map(sql.Identifier, features))
    cursor.execute(sql.SQL(CREATE).format(**names, features=listed, label_type=sql.SQL(kind)))
    cursor.execute(sql.SQL("create index on {table} (customer_id, feature_time)").format(**names))
    cursor.execute("drop view features_at; drop table spine")
    values = {**record, **_contents(cursor, place, [*KEY, *features])}
    cursor.execute(sql.SQL(VERSION).format(**names), values)
    (values["feature_version"],) = cursor.fetchone() or (1,)
    mean = sql.SQL(MEANS.get(kind, "round(avg({label}), 6)")).format(**names)
    statement = sql.SQL(RECORD).format(**names, label_mean=mean)
    cursor.execute(
        statement, {**values, **_as_json(values), "embargo": values["config"]["splits"]["embargo"]}
    )
    _record_profiles(cursor, names, values)
    return values


def _record_profiles(cursor: Cursor, names: Mapping[str, sql.Composable], values: Row) -> None:
    """How the values of each feature are distributed, so that versions can be compared."""
    for column in values["columns"]:
        if column["name"] in KEY:
            continue
        is_number = column["type"].partition("(")[0] in ("integer", "bigint", "numeric")
        numbers = sql.SQL(NUMBERS if is_number else "'{}'")
        place = {**names, "column": sql.Identifier(column["name"]), "numbers": numbers}
        cursor.execute(sql.SQL(PROFILE).format(**place), {**values, "column": column["name"]})


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


def _contents(cursor: Cursor, table: sql.Identifier, columns: list[str]) -> Row:
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
    return {
        "loads": json.dumps(values["lineage"]["loads"]),
        **{name: json.dumps(values[name]) for name in ("lineage", "columns", "config", "splits")},
    }


def unknown_customers(
    connection: Connection, settings: Settings, is_first_known: str, ids: Sequence[str]
) -> set[str]:
    """Those of the ids that have no purchase. is_first_known: see ready.label_sets.point_in_time."""
    purchases = sql.Identifier(settings.schema("stg"), "customer_purchases")
    with connection, connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "select asked.customer_id from unnest(%s) as asked (customer_id) where not exists ("
                "select from {} as purchases where purchases.customer_id = asked.customer_id and {})"
            ).format(purchases, sql.SQL(is_first_known)),
            [list(ids)],
        )
        return {customer_id for (customer_id,) in cursor.fetchall()}
