"""The loader's sink on Spark, and the ledger it keeps there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from loader.spark.sink import SparkSession, SparkSink
from loader.spark.tables import LOADS, ensure_raw_tables
from ready.spark.connection import SparkParams, spark_errors

LEDGER = ", ".join(name for name in LOADS.names if name != "entry")


class ReportingSink(SparkSink):
    """Raises MachineError when Spark does not do what the loader asks of it."""

    def prepare(self) -> None:
        with spark_errors():
            super().prepare()

    def connect(self) -> SparkSession:
        with spark_errors():
            return super().connect()


def spark_sink(params: SparkParams) -> SparkSink:
    return ReportingSink(params.connect)


def all_loads(params: SparkParams, source: str | None = None) -> list[dict[str, Any]]:
    """The whole ledger in order of delivery, superseded loads too; one source, or all."""
    with _cursor(params) as cursor:
        cursor.execute(f"select {LEDGER} from raw.loads order by load_id")
        rows = [dict(zip(LEDGER.split(", "), row, strict=True)) for row in cursor.fetchall()]
    loads = [{**row, "columns": json.loads(row["columns"])} for row in rows]
    return [load for load in loads if source in (None, load["source"])]


@contextmanager
def _cursor(params: SparkParams) -> Iterator[Any]:
    """With the raw tables there, so that an empty warehouse has no rows, rather than no tables."""
    with spark_errors(), closing(params.connect()) as connection:
        ensure_raw_tables(connection)
        with closing(connection.cursor()) as cursor:
            yield cursor
