"""Files that a reader sees as they were or as they are now, never half of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place if the block succeeds."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> Path:
    """Write a whole file; returns its path."""
    with replacing_file(path) as partial:
        partial.write_bytes(content)
    return path
