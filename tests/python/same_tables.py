"""Whether PostgreSQL and Spark hold the same rows in a table."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from spark_case import query

from ready.postgres.connection import ConnectionParams
from ready.spark.connection import SparkParams, fetch

TABLES = (
    "stg.orders_parsed",
    "stg.orders_rejected",
    "stg.order_versions",
    "stg.order_lines",
    "stg.orders",
    "stg.customer_purchases",
    "feats.feature_times",
    "feats.customer_features",
    "feats.customer_labels",
    "feats.customer_training_set",
    "meta.dataset_splits",
    "meta.dataset_split_summary",
)
# Per engine: a number of its own for a customer, and when it was recorded.
OWN = {"customer_key", "created_at"}
# Drivers give instants in their own types, and Spark gives each decimal of the type.
READ = {
    "timestamp with time zone": (
        "cast(extract(epoch from {}) * 1000000 as bigint)",
        "unix_micros({})",
    ),
    "numeric": ("cast({} as numeric(38, 6))", "cast({} as decimal(38, 6))"),
}
COLUMNS = """
select column_name, data_type from information_schema.columns
where table_schema || '.' || table_name = '{}' order by ordinal_position
"""


def assert_same_rows(database: ConnectionParams, warehouse: SparkParams, *tables: str) -> None:
    """All rows and columns of these tables, in the order of their text."""
    with closing(database.connect()) as connection:
        for table in tables or TABLES:
            columns = [column for column in fetch(connection, COLUMNS.format(table)) if column[0] not in OWN]
            postgres, spark = (_select(table, columns, engine) for engine in (0, 1))
            on_postgres, on_spark = fetch(connection, postgres), query(warehouse, spark)
            assert columns, table
            assert _sorted(on_spark) == _sorted(on_postgres), table


def _select(table: str, columns: list[tuple[Any, ...]], engine: int) -> str:
    read = (READ.get(kind, ("{}", "{}"))[engine].format(name) for name, kind in columns)
    return f"select {', '.join(read)} from {table}"


def _sorted(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=repr)
