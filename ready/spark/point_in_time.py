"""Features of a spine on Spark: both cross as Parquet in a folder of the warehouse, as loads do."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from loader.spark.tables import ensure_raw_tables
from ready.spark.connection import fetch
from ready.spark.dialect import text_literal
from ready.spark.loading import warehouse_errors
from ready.spark.query import missing_told
from ready.spark.stored_table import rows_in


@contextmanager
def spine_table(connection: Any, spine: pa.Table) -> Iterator[Callable[[dict[str, Any]], pa.Table]]:
    """See ready.point_in_time. Raises UsageError where the warehouse is not on this machine."""
    with _shared_folder(connection) as folder:
        (folder / "spine").mkdir()
        pq.write_table(spine, folder / "spine" / "part.parquet")
        given, made = (text_literal(f"file:{folder / name}") for name in ("spine", "features"))
        fetch(connection, f"create or replace temporary view spine using parquet options (path {given})")

        def features(recorded: dict[str, Any]) -> pa.Table:
            with missing_told():
                fetch(connection, f"insert overwrite directory {made} using parquet {recorded['query']}")
            rows = rows_in(str(folder / "features"))
            return rows.sort_by("ordinal").drop_columns(["ordinal"]).combine_chunks()

        yield features


@contextmanager
def _shared_folder(connection: Any) -> Iterator[Path]:
    with warehouse_errors():
        folder = ensure_raw_tables(connection).parent / f"features_at_{uuid.uuid4().hex}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
