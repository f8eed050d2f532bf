"""raw.loads on Spark: an append-only log of Parquet files, read and written without Spark."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from loader.ledger import Load, NewLoad
from loader.spark.files import load_file
from loader.spark.tables import LOADS
from loader.weigh import order_key

Row = dict[str, Any]


class Lock(Protocol):
    def take(self, *, wait: bool) -> bool: ...


class LedgerLog:
    """What the files of raw.loads_log say; each is read once, for they never change."""

    def __init__(self, folder: Path) -> None:
        self.rows: dict[int, Row] = {}
        self.entries = 0
        self._folder = folder
        self._read: set[str] = set()

    def refresh(self) -> None:
        """Take in the files that others have added."""
        fresh = sorted({path.name for path in self._folder.glob("[!._]*.parquet")} - self._read)
        tables = [pq.read_table(self._folder / name, schema=LOADS) for name in fresh]
        for row in pa.concat_tables(tables).sort_by("entry").to_pylist() if tables else []:
            self.rows[row["load_id"]] = row
            self.entries = row["entry"]
        self._read.update(fresh)


class SparkLedger:
    """The ledger as one transaction sees it. `source` is fixed; `changes` is what a commit has to add."""

    def __init__(self, log: LedgerLog, lock: Lock, events: Path, source: str, now: datetime) -> None:
        self.changes: dict[int, Row] = {}
        self._log = log
        self._lock = lock
        self._events = events
        self._source = source
        self._now = now

    def lock_file(self, file_name: str, *, wait: bool) -> bool:
        """One loader at a time writes into a warehouse, so the file does not matter."""
        if not self._lock.take(wait=wait):
            return False
        self._log.refresh()
        return True

    def active(self) -> list[Load]:
        return sorted(map(_load, self._active()), key=lambda load: load.load_id)

    def by_bytes(self, sha256: str, file_name: str) -> Load | None:
        alike = (_load(row) for row in self._active() if row["file_sha256"] == sha256)
        return next((load for load in alike if not load.is_empty or load.file_name == file_name), None)

    def by_name(self, file_name: str) -> Load | None:
        return next((_load(row) for row in self._active() if row["file_name"] == file_name), None)

    def latest(self) -> Load | None:
        loads = (load for load in map(_load, self._active()) if load.columns)
        return max(loads, key=lambda load: load.load_id, default=None)

    def orders_gone(
        self, earlier: int, now: int | Set[str], key_columns: Sequence[str], *, only_in_file: bool
    ) -> tuple[int, int]:
        replaced = set(self._orders(earlier, key_columns))
        gone = replaced.difference(self._orders(now, key_columns) if isinstance(now, int) else now)
        for load in self.active():
            if gone and not only_in_file and load.load_id not in (earlier, now):
                gone.difference_update(self._orders(load.load_id, key_columns))
        return len(replaced), len(gone)

    def _orders(self, load_id: int, key_columns: Sequence[str]) -> Iterator[str]:
        """The keys of a load's orders; its events may still be hidden."""
        file = load_file(self._events, load_id)
        for path in (file.path, file.hidden):
            if path.exists():
                for batch in pq.ParquetFile(path).iter_batches(columns=["payload"]):
                    for text in batch["payload"].to_pylist():
                        payload = orjson.loads(text)
                        if key := order_key(tuple(payload.get(name) for name in key_columns)):
                            yield key
                return

    def sizes(self) -> frozenset[int]:
        return frozenset(row["file_bytes"] for row in self._active())

    def next_id(self) -> int:
        """Not that of a load which was killed when its events were in place, either."""
        left = [int(n) for path in self._events.iterdir() for n in re.findall(r"^load-(\d+)", path.name)]
        return max([0, *self._log.rows, *left]) + 1

    def supersede(self, load_id: int, by: int) -> None:
        self._change(load_id, status="superseded", superseded_by=by, superseded_at=self._now)

    def rename(self, names: Mapping[int, str]) -> None:
        for load_id, file_name in names.items():
            self._change(load_id, file_name=file_name)

    def record(self, load: NewLoad) -> None:
        self.changes[load.load_id] = {
            "load_id": load.load_id,
            "source": load.source,
            "file_name": load.file_name,
            "file_sha256": load.sha256,
            "file_bytes": load.size,
            "rows_loaded": load.rows_loaded,
            "rows_rejected": load.rows_rejected,
            "status": "loaded",
            "loaded_at": self._now,
            "columns": json.dumps(load.columns),
            "delimiter": load.delimiter,
            "encoding": load.encoding,
            "reading": json.dumps(load.reading),
            "rows_replaced": load.rows_replaced,
            "orders_gone": load.orders_gone,
        }

    def entries(self) -> pa.Table:
        """The changes as rows of raw.loads_log."""
        first = self._log.entries + 1
        rows = [{**row, "entry": entry} for entry, row in enumerate(self.changes.values(), first)]
        return pa.Table.from_pylist(rows, schema=LOADS)

    def _change(self, load_id: int, **values: Any) -> None:
        known = self.changes.get(load_id) or self._log.rows[load_id]
        self.changes[load_id] = {**known, **values}

    def _active(self) -> Iterator[Row]:
        rows = {**self._log.rows, **self.changes}
        return (r for r in rows.values() if r["status"] == "loaded" and r["source"] == self._source)


def _load(row: Row) -> Load:
    columns = tuple(json.loads(row["columns"]))
    return Load(
        row["load_id"],
        row["file_name"],
        row["file_sha256"],
        row["file_bytes"],
        columns,
        row["rows_loaded"],
        row["rows_rejected"],
        json.loads(row["reading"]) if row["reading"] else None,
    )
