"""The raw tables on Spark. The columns are those of loader/schema.py; what changes there, changes here.

Each is an append-only table NAME_log and a view NAME, which shows only what the ledger has: so a load
becomes visible by one file, its entry in the ledger.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from loader.errors import InputError, ServerError

UTC = pa.timestamp("us", tz="UTC")

# One row per change of a load; `entry` counts them, and the latest holds.
LOADS = pa.schema(
    [
        ("entry", pa.int64()),
        ("load_id", pa.int64()),
        ("source", pa.string()),
        ("file_name", pa.string()),
        ("file_sha256", pa.string()),
        ("file_bytes", pa.int64()),
        ("rows_loaded", pa.int64()),
        ("rows_rejected", pa.int64()),
        ("status", pa.string()),
        ("superseded_by", pa.int64()),
        ("loaded_at", UTC),
        ("superseded_at", UTC),
        ("columns", pa.string()),
        ("delimiter", pa.string()),
        ("encoding", pa.string()),
        ("rows_replaced", pa.int64()),
        ("orders_gone", pa.int64()),
        ("reading", pa.string()),
    ]
)
EVENTS = pa.schema(
    [("load_id", pa.int64()), ("line_number", pa.int64()), ("payload", pa.string()), ("loaded_at", UTC)]
)
REJECTS = pa.schema(
    [("load_id", pa.int64()), ("line_number", pa.int64()), ("reason", pa.string()), ("raw_line", pa.string())]
)
TABLES = {"loads": LOADS, "raw_events": EVENTS, "rejected_rows": REJECTS}
SPARK_TYPES = {pa.int64(): "bigint", pa.string(): "string", UTC: "timestamp"}

LATEST = (
    "select newest.* except (entry) from "
    "(select max_by(struct(*), entry) as newest from raw.loads_log group by load_id)"
)
COMMITTED = "select * from raw.{}_log where load_id in (select load_id from raw.loads_log)"


def ensure_raw_tables(connection: Any) -> Path:
    """Create schema raw and its tables where they are missing; gives its folder.

    connection: DB-API, to Spark. Raises InputError or ServerError when the loader cannot write there.
    """
    with closing(connection.cursor()) as cursor:
        for statement in _migration(cursor) if _has_tables(cursor) else _ddl():
            cursor.execute(statement)
        return _folder(cursor)


def raw_folder(connection: Any) -> Path | None:
    """The folder of schema raw; None where its tables are missing."""
    with closing(connection.cursor()) as cursor:
        return _folder(cursor) if _has_tables(cursor) else None


def _has_tables(cursor: Any) -> bool:
    cursor.execute("show databases like 'raw'")
    if not cursor.fetchall():
        return False
    cursor.execute("show tables in raw")
    return {row[1] for row in cursor.fetchall()} >= {*TABLES, *(f"{name}_log" for name in TABLES)}


def _migration(cursor: Any) -> list[str]:
    """Adds the columns of the ledger that an earlier release did not have."""
    cursor.execute("describe raw.loads_log")
    there = {row[0] for row in cursor.fetchall()}
    missing = [f"{field.name} {SPARK_TYPES[field.type]}" for field in LOADS if field.name not in there]
    if not missing:
        return []
    return [
        f"alter table raw.loads_log add columns ({', '.join(missing)})",
        f"create or replace view raw.loads as {LATEST}",
    ]


def _ddl() -> list[str]:
    tables = [
        f"create table if not exists raw.{name}_log "
        f"({', '.join(f'{field.name} {SPARK_TYPES[field.type]}' for field in schema)}) using parquet"
        for name, schema in TABLES.items()
    ]
    views = [
        f"create view if not exists raw.{name} as {LATEST if name == 'loads' else COMMITTED.format(name)}"
        for name in TABLES
    ]
    return ["create database if not exists raw", *tables, *views]


def _folder(cursor: Any) -> Path:
    cursor.execute("describe database raw")
    place = next(value for name, value in cursor.fetchall() if name == "Location")
    scheme = urlsplit(place).scheme
    if scheme not in ("", "file"):
        raise InputError(
            f"Spark's warehouse is in {place}; loading into {scheme}:// is not available on Spark yet",
            hint="use a warehouse in a folder that this machine shares with Spark's",
        )
    folder = Path(unquote(urlsplit(place).path))
    if not folder.is_dir():
        raise ServerError(
            f"Spark's warehouse {folder} is not on this machine",
            hint="run the loader where that folder is mounted",
        )
    return folder
