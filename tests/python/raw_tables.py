"""Loads files, and what that left in schema raw, for tests."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loader import LoadOptions, LoadSummary, load_files
from ready.postgres.connection import ConnectionParams

# Content alone: which file, which line, what; not which load.
CONTENT = """
select count(*), coalesce(sum(
    ('x' || left(md5(file_name || ' ' || line_number || ' ' || payload), 15))::bit(60)::bigint), 0)
from raw.raw_events join raw.loads using (load_id) where status = 'loaded' and source = %s
"""


def rows(params: ConnectionParams, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with contextlib.closing(params.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def content(params: ConnectionParams, source: str = "orders") -> tuple[Any, ...]:
    """Number of active events, and a checksum of them that does not depend on order or load ids."""
    return rows(params, CONTENT, source)[0]


def ledger(params: ConnectionParams) -> list[tuple[Any, ...]]:
    """load_id, file name, status, superseded_by of all loads."""
    return rows(params, "select load_id, file_name, status, superseded_by from raw.loads order by load_id")


def values(params: ConnectionParams, column: str) -> list[str]:
    """One column of the active events, in order of file and line."""
    return [
        value
        for (value,) in rows(
            params,
            "select payload ->> %s from raw.raw_events join raw.loads using (load_id) where status = 'loaded'"
            " order by file_name, line_number",
            column,
        )
    ]


def load(params: ConnectionParams, *paths: Path, **options: object) -> LoadSummary:
    return load_files(params.connect, paths, LoadOptions(**options))  # type: ignore[arg-type]


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def outcomes(results: Sequence[Any]) -> list[str]:
    return [result.outcome for result in results]
