"""Two Parquet files of one split: byte for byte, and where they differ, the first row that does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow.parquet

BATCH_ROWS = 10_000


def compare_parquet(exported: Path, rebuilt: Path) -> tuple[bool, str]:
    """Whether both are the same, and what there is to say. Equal rows will do if another Arrow wrote them."""
    if not exported.is_file():
        return False, f"{exported} is missing"
    if _sha256(exported) == _sha256(rebuilt):
        return True, ""
    try:
        writers = [_writer(path) for path in (exported, rebuilt)]
        difference = _first_difference(exported, rebuilt)
    except pyarrow.ArrowInvalid:
        return False, f"{exported} is damaged: it is no Parquet file"
    if difference:
        return False, difference
    if writers[0] != writers[1]:
        return True, f"the same rows; the bytes are those of another writer ({writers[0]}, now {writers[1]})"
    return False, "the rows are the same, the fingerprints in the file or its compression are not"


def _writer(path: Path) -> str:
    """The software that wrote a file, with its version."""
    return str(pyarrow.parquet.read_metadata(path).created_by)


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
