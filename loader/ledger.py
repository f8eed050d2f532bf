"""raw.loads: which bytes of which file are in, and what replaced what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg2.errors import LockNotAvailable
from psycopg2.extras import RealDictCursor

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

# Long enough for a row that nobody holds.
LOCK_MILLISECONDS = 20

ACTIVE = (
    "select load_id, file_name, file_sha256, file_bytes, columns, rows_loaded, rows_rejected, reading"
    " from raw.loads"
    " where status = 'loaded' and source = %s"
)


@dataclass(frozen=True)
class Load:
    """One active load. reading: the settings it was read with; None of a load of an earlier release."""

    load_id: int
    file_name: str
    sha256: str
    file_bytes: int
    columns: tuple[str, ...]
    rows_loaded: int
    rows_rejected: int
    reading: Mapping[str, Any] | None = None

    @property
    def is_empty(self) -> bool:
        """No record came with it: the same bytes may come under many names, a day each."""
        return not (self.rows_loaded or self.rows_rejected)


@dataclass(frozen=True)
class NewLoad:
    """What the ledger will say of a file that has been read to its end.

    rows_replaced, orders_gone: of the load it supersedes; None where it supersedes none, or nothing says
    an order's columns.
    """

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
    reading: Mapping[str, Any]
    rows_replaced: int | None = None
    orders_gone: int | None = None


class PostgresLedger:
    """The ledger as one transaction sees it. `source` is fixed."""

    def __init__(self, cursor: Cursor, source: str) -> None:
        self._cursor = cursor
        self._source = source

    def lock_file(self, file_name: str, *, wait: bool) -> bool:
        """Keep other loaders off this file until the transaction ends; False when one has it."""
        self._cursor.execute("savepoint before_file")
        try:
            self._cursor.execute(f"set local lock_timeout = {0 if wait else LOCK_MILLISECONDS}")
            self._cursor.execute(
                "insert into raw.file_locks (source, file_name) values (%s, %s)"
                " on conflict (source, file_name) do update set file_name = excluded.file_name",
                (self._source, file_name),
            )
        except LockNotAvailable:
            self._cursor.execute("rollback to savepoint before_file")
            return False
        self._cursor.execute("set local lock_timeout to default")
        return True

    def active(self) -> list[Load]:
        """One load a file name, and one a content."""
        return self._all(f"{ACTIVE} order by load_id")

    def by_bytes(self, sha256: str, file_name: str) -> Load | None:
        """Of loads without a record only the file's own: empty files of several days are not one."""
        return self._one(
            f"{ACTIVE} and file_sha256 = %s and (rows_loaded + rows_rejected > 0 or file_name = %s)",
            sha256,
            file_name,
        )

    def by_name(self, file_name: str) -> Load | None:
        return self._one(f"{ACTIVE} and file_name = %s", file_name)

    def latest(self) -> Load | None:
        """The latest active load of the source with a header: what a new file's columns are compared with."""
        return self._one(f"{ACTIVE} and columns <> '[]' order by load_id desc limit 1")

    def sizes(self) -> frozenset[int]:
        self._cursor.execute(
            "select distinct file_bytes from raw.loads where status = 'loaded' and source = %s",
            (self._source,),
        )
        return frozenset(row[0] for row in self._cursor.fetchall())

    def orders_gone(
        self, earlier: int, now: int | Set[str], key_columns: Sequence[str], *, only_in_file: bool
    ) -> tuple[int, int]:
        """The orders of the load `earlier`, and how many of them neither `now` nor another active load has.

        now: a load, or the orders' keys. only_in_file: no other file can have an order of this one.
        """
        load_id, keys = (now, None) if isinstance(now, int) else (None, list(now))
        self._cursor.execute(
            "select * from raw.orders_gone(%s, %s, %s, %s::text[], %s::text[], %s)",
            (self._source, earlier, load_id, keys, list(key_columns), only_in_file),
        )
        replaced, gone = self._cursor.fetchone() or (0, 0)
        return int(replaced), int(gone)

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
            " rows_rejected, columns, delimiter, encoding, reading, rows_replaced, orders_gone)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
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
                json.dumps(load.reading),
                load.rows_replaced,
                load.orders_gone,
            ),
        )

    def _one(self, query: str, *values: Any) -> Load | None:
        return next(iter(self._all(query, *values)), None)

    def _all(self, query: str, *values: Any) -> list[Load]:
        self._cursor.execute(query, (self._source, *values))
        return [
            Load(row[0], row[1], row[2], row[3], tuple(row[4]), *row[5:]) for row in self._cursor.fetchall()
        ]


def drift(now: tuple[str, ...], replaced: Load | None, latest: Load | None) -> tuple[str, ...]:
    """Warnings on columns that are new or gone against the load replaced, else the last of the source."""
    before = replaced if replaced and replaced.columns else latest
    if not before:
        return ()
    against = f"load {before.load_id}, which it replaces" if before is replaced else "the last load"
    new = [name for name in now if name not in before.columns]
    gone = [name for name in before.columns if name not in now]
    return tuple(
        f"{what} against {against}: {', '.join(names)}"
        for what, names in (("new column(s)", new), ("column(s) gone", gone))
        if names
    )


def all_loads(connection: Connection, source: str | None = None) -> list[dict[str, Any]]:
    """The whole ledger in order of delivery, superseded loads too; one source, or all."""
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(
            "select * from raw.loads where %(source)s is null or source = %(source)s order by load_id",
            {"source": source},
        )
        return [dict(row) for row in cursor.fetchall()]
