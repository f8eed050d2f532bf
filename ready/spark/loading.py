"""The loader's sink on Spark, and the ledger it keeps there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from loader.errors import LoaderError
from loader.spark.sink import SparkSession, SparkSink, WarehouseLock
from loader.spark.tables import LOADS, ensure_raw_tables
from ready.errors import from_loader
from ready.run.loads import ActiveLoad
from ready.spark.connection import SparkParams, fetch, spark_errors

LEDGER = ", ".join(name for name in LOADS.names if name != "entry")


class ReportingSink(SparkSink):
    """Raises MachineError when Spark does not do what the loader asks of it."""

    def prepare(self) -> None:
        with warehouse_errors():
            super().prepare()

    def connect(self) -> SparkSession:
        with warehouse_errors():
            return super().connect()


@contextmanager
def warehouse_errors() -> Iterator[None]:
    """Spark's errors, and the loader's where the warehouse is not on this machine, as one ReadyError."""
    try:
        with spark_errors():
            yield
    except LoaderError as error:
        raise from_loader(error) from None


def spark_sink(params: SparkParams) -> SparkSink:
    return ReportingSink(params.connect)


@contextmanager
def loads_kept_off(params: SparkParams) -> Iterator[None]:
    """Loaders wait meanwhile: without snapshots a query could see a load in the ledger and not its rows."""
    with warehouse_errors(), closing(params.connect()) as connection:
        folder = ensure_raw_tables(connection)
    lock = WarehouseLock(folder, threading.Event())
    lock.take(wait=True)
    try:
        yield
    finally:
        lock.release()


def all_loads(params: SparkParams, source: str | None = None) -> list[dict[str, Any]]:
    """The whole ledger in order of delivery, superseded loads too; one source, or all."""
    with warehouse_errors(), closing(params.connect()) as connection:
        ensure_raw_tables(connection)  # so that an empty warehouse has no rows, rather than no tables
        found = fetch(connection, f"select {LEDGER} from raw.loads order by load_id")
    rows = [dict(zip(LEDGER.split(", "), row, strict=True)) for row in found]
    loads = [{**row, "columns": json.loads(row["columns"])} for row in rows]
    return [load for load in loads if source in (None, load["source"])]


def active_loads(connection: Any, source: str) -> list[ActiveLoad]:
    """The loads that staging reads now, in the order of delivery. The raw tables must be there."""
    # A session keeps the list of a table's files, and loaders write files without it.
    for table in ("loads_log", "rejected_rows_log"):
        fetch(connection, f"refresh table raw.{table}")
    rejects = {
        load_id: (line_number, reason)
        for load_id, line_number, reason in fetch(
            connection,
            "select load_id, min(line_number), min_by(reason, line_number) "
            "from raw.rejected_rows group by load_id",
        )
    }
    loads = fetch(
        connection,
        "select load_id, file_name, columns, file_bytes, rows_loaded, rows_replaced, orders_gone, "
        "rows_rejected, source from raw.loads where status = 'loaded' order by load_id",
    )
    return [
        ActiveLoad(
            load_id,
            file_name,
            tuple(json.loads(columns)),
            *[*counts, *rejects.get(load_id, (None, None))],
        )
        for load_id, file_name, columns, *counts, of in loads
        if of == source
    ]
