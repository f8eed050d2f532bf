"""raw.loads: which bytes of which file are in, and what replaced what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg2.extras import RealDictCursor

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

ACTIVE = (
    "select load_id, file_name, file_sha256, file_bytes, columns from raw.loads"
    " where status = 'loaded' and source = %s"
)


@dataclass(frozen=True)
class Load:
    """One active load."""

    load_id: int
    file_name: str
    sha256: str
    file_bytes: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class NewLoad:
    """What the ledger will say of a file that has been read to its end."""

    load_id: int
    source: str
    file_name: str
    sha256: str
    size: int
    rows_loaded: int
    rows_rejected: int
    columns: tuple[str, ...]
    delimiter: str
    encoding: str


class PostgresLedger:
    """The ledger as one transaction sees it. `source` is fixed."""

    def __init__(self, cursor: Cursor, source: str) -> None:
        self._cursor = cursor
        self._source = source

    def lock_file(self, file_name: str, *, wait: bool) -> bool:
        """Keep other loaders off this file until the transaction ends; False when one has it."""
        digest = hashlib.sha256(f"{self._source}\0{file_name}".encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        call = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
        self._cursor.execute(f"select {call}(%s)", (key,))
        row = self._cursor.fetchone()
        return wait or row == (True,)

    def active(self) -> list[Load]:
        """One load a file name, and one a content."""
        return self._all(f"{ACTIVE} order by load_id")

    def by_bytes(self, sha256: str) -> Load | None:
        return self._one(f"{ACTIVE} and file_sha256 = %s", sha256)

    def by_name(self, file_name: str) -> Load | None:
        return self._one(f"{ACTIVE} and file_name = %s", file_name)

    def latest(self) -> Load | None:
        """The latest active load of the source: what a new file's columns are compared with."""
        return self._one(f"{ACTIVE} order by load_id desc limit 1")

    def sizes(self) -> frozenset[int]:
        self._cursor.execute(
            "select distinct file_bytes from raw.loads where status = 'loaded' and source = %s",
            (self._source,),
        )
        return frozenset(row[0] for row in self._cursor.fetchall())

    def next_id(self) -> int:
        self._cursor.execute("select nextval(pg_get_serial_sequence('raw.loads', 'load_id'))")
        row = self._cursor.fetchone()
        assert row is not None
        return int(row[0])

    def supersede(self, load_id: int, by: int) -> None:
        """Must come before `record`: a file has one active load."""
        self._cursor.execute(
            "update raw.loads set status = 'superseded', superseded_by = %s, superseded_at = now()"
            " where load_id = %s",
            (by, load_id),
        )

    def rename(self, names: Mapping[int, str]) -> None:
        """Active loads by their ids; they may take over each other's names."""
        for load_id in names:  # out of the way: two active loads never have one name, not even for a moment
            self._rename(load_id, f"/moving/{load_id}")
        for load_id, name in names.items():
            self._rename(load_id, name)

    def _rename(self, load_id: int, name: str) -> None:
        self._cursor.execute("update raw.loads set file_name = %s where load_id = %s", (name, load_id))

    def record(self, load: NewLoad) -> None:
        """Raises psycopg2.errors.UniqueViolation when the same bytes are in already."""
        self._cursor.execute(
            "insert into raw.loads (load_id, source, file_name, file_sha256, file_bytes, rows_loaded,"
            " rows_rejected, columns, delimiter, encoding) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                load.load_id,
                load.source,
                load.file_name,
                load.sha256,
                load.size,
                load.rows_loaded,
                load.rows_rejected,
                json.dumps(load.columns),
                load.delimiter,
                load.encoding,
            ),
        )

    def _one(self, query: str, *values: Any) -> Load | None:
        return next(iter(self._all(query, *values)), None)

    def _all(self, query: str, *values: Any) -> list[Load]:
        self._cursor.execute(query, (self._source, *values))
        return [Load(row[0], row[1], row[2], row[3], tuple(row[4])) for row in self._cursor.fetchall()]


def drift(before: tuple[str, ...], now: tuple[str, ...]) -> list[str]:
    """Warnings on columns that are new or gone against the last load of the source."""
    new = [name for name in now if name not in before]
    gone = [name for name in before if name not in now]
    return [
        f"{what} against the last load: {', '.join(names)}"
        for what, names in (("new column(s)", new), ("column(s) gone", gone))
        if names
    ]


def all_loads(connection: Connection, source: str | None = None) -> list[dict[str, Any]]:
    """The whole ledger in order of delivery, superseded loads too; one source, or all."""
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "select * from raw.loads where %(source)s is null or source = %(source)s order by load_id",
            {"source": source},
        )
        return [dict(row) for row in cursor.fetchall()]
