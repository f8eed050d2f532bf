"""What dbt holds of the project's files, against the files themselves.

dbt reads a file again when its time of change is another. A file that was restored with its old time (`mv`,
`cp -p`, `rsync -a`, `git stash`, layers of an image) would be built as it was before. And of a model that a
file of rules no longer names dbt may keep the rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgpack
import yaml

NAME = "partial_parse.msgpack"


def forget_stale(target: Path) -> None:
    """Let dbt read everything again where a file has other content under the time that dbt knows, or no
    longer names a model or the like.

    target: dbt's folder of that name.
    """
    for path, entry in _files_read(target):
        if _has_changed(path, entry) and (_has_known_time(path, entry) or _has_lost_entries(path, entry)):
            (target / NAME).unlink()
            return


def unread(target: Path) -> list[Path]:
    """Files that are not what dbt has read last: changed or removed since."""
    return [path for path, entry in _files_read(target) if _has_changed(path, entry)]


def _files_read(target: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    files: dict[str, Any] = {}
    with suppress(OSError, ValueError, KeyError, TypeError):  # dbt does without what it cannot read
        files = msgpack.unpackb((target / NAME).read_bytes())["files"]
    for entry in files.values():
        path = entry["path"]
        if entry["checksum"]["name"] == "sha256":  # large seeds have none, and are read each time
            yield Path(path["project_root"], path["searched_path"], path["relative_path"]), entry


def _has_known_time(path: Path, entry: dict[str, Any]) -> bool:
    try:
        return bool(path.stat().st_mtime == entry["path"]["modification_time"])
    except OSError:
        return False


def _has_lost_entries(path: Path, entry: dict[str, Any]) -> bool:
    if not entry.get("dfy"):  # no YAML
        return False
    try:
        return not _entries(entry["dfy"]) <= _entries(yaml.safe_load(path.read_text()) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, TypeError, KeyError):
        return True


def _entries(content: dict[str, Any]) -> set[tuple[str, str]]:
    """Those whose tests dbt finds by the entry that they are in.

    And macros: one that another file describes now is described twice for dbt.
    """
    kinds = ("models", "seeds", "snapshots", "analyses", "macros")
    return {(kind, entry["name"]) for kind in kinds for entry in content.get(kind) or ()}


def _has_changed(path: Path, entry: dict[str, Any]) -> bool:
    try:
        text = path.read_bytes().decode().strip()
    except (OSError, UnicodeDecodeError):
        return True
    return bool(hashlib.sha256(text.encode()).hexdigest() != entry["checksum"]["checksum"])
