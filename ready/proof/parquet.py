"""Two Parquet files of one split: byte for byte, and where they differ, in what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow.parquet

BATCH_ROWS = 10_000


def compare_parquet(exported: Path, rebuilt: Path) -> tuple[bool, str]:
    """Whether both are the same, and what there is to say.

    Bytes may differ where another version of Arrow wrote them; columns, types, metadata and rows may not.
    """
    if not exported.is_file():
        return False, f"{exported} is missing"
    if _sha256(exported) == _sha256(rebuilt):
        return True, ""
    try:
        writers = [_writer(path) for path in (exported, rebuilt)]
        before, after = (pyarrow.parquet.read_schema(path) for path in (exported, rebuilt))
        difference = (
            _first_column(before, after)
            or _first_difference(exported, rebuilt)
            or _first_metadata(before, after)
        )
    except pyarrow.ArrowInvalid:
        return False, f"{exported} is damaged: it is no Parquet file"
    if difference:
        return False, difference
    if writers[0] != writers[1]:
        return True, f"the same rows; the bytes are those of another writer ({writers[0]}, now {writers[1]})"
    return False, "columns, metadata and rows are the same, its compression or layout is not"


def _writer(path: Path) -> str:
    """The software that wrote a file, with its version."""
    return str(pyarrow.parquet.read_metadata(path).created_by)


def _first_column(before: Any, after: Any) -> str | None:
    """Where names, order and types of the columns part."""
    columns = [[(field.name, str(field.type)) for field in schema] for schema in (before, after)]
    for number, pair in enumerate(zip_longest(*columns), start=1):
        if pair[0] != pair[1]:
            was, became = (" ".join(column) if column else "absent" for column in pair)
            return f"column {number} was {was}, became {became}"
    return None


def _first_metadata(before: Any, after: Any) -> str | None:
    """What is on record in the file, such as its fingerprint."""
    if not before.equals(after, check_metadata=True):
        return f"the metadata were {_metadata(before, after)}, became {_metadata(after, before)}"
    return None


def _metadata(schema: Any, other: Any) -> dict[str, str]:
    """The entries that the other file does not have."""
    entries, others = (
        {key: value for holder in (each, *each) for key, value in (holder.metadata or {}).items()}
        for each in (schema, other)
    )
    return {
        str(key, "utf-8", "replace"): str(value, "utf-8", "replace")
        for key, value in entries.items()
        if others.get(key) != value
    }


def _first_difference(exported: Path, rebuilt: Path) -> str | None:
    """Both are in the order of their key, so the first unequal pair is where they part."""
    for number, (before, after) in enumerate(zip_longest(_rows(exported), _rows(rebuilt)), start=1):
        if before != after:
            return f"row {number} was {_shown(before, after)}, became {_shown(after, before)}"
    return None


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with pyarrow.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            yield from batch.to_pylist()


def _shown(row: dict[str, Any] | None, other: dict[str, Any] | None) -> str:
    """The key, and the columns that differ."""
    if row is None:
        return "absent"
    names = [
        name
        for name in row
        if name in ("customer_id", "feature_time") or row[name] != (other or {}).get(name)
    ]
    return "(" + ", ".join(f"{name} {row[name]}" for name in names) + ")"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
