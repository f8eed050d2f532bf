"""A folder of Parquet files with its manifest: read, checked, and replaced as a whole."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ready.errors import MachineError, UsageError

MANIFEST = "manifest.json"
EXACT, MODEL = "exact", "model"
"""What a manifest says of the types: decimals as the tables have them, or ready/dataset/model_types.py's."""

Manifest = dict[str, Any]


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder that we wrote, or None for a folder that is not there or empty.

    Raises UsageError when the folder holds anything that our manifest does not list: it
    would be lost with the folder.
    """
    if not folder.exists():
        return None
    present = {entry.name for entry in folder.iterdir()} if folder.is_dir() else {folder.name}
    if not present:
        return None
    manifest = manifest_in(folder)
    foreign = sorted(present - _names(manifest) if manifest else present)
    if foreign:
        raise UsageError(
            f"{folder} holds files that are not from an earlier export: {', '.join(foreign[:5])}",
            hint="name a new or empty folder with --out",
        )
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    from loader.durable import flush  # the loader brings the database's driver, which reading does without

    (folder / MANIFEST).write_text(_as_text(manifest), encoding="utf-8")
    flush(folder / MANIFEST)


def _as_text(manifest: Manifest) -> str:
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def update_manifest(folder: Path, **entries: Any) -> Manifest | None:
    """The manifest of a folder of ours once it has these entries; None where there is no such folder."""
    from loader.durable import flush

    with exclusive(folder):
        manifest = manifest_in(folder)
        if manifest is None:
            return None
        files = manifest["files"]
        changed = {
            **{key: value for key, value in manifest.items() if key != "files"},
            **entries,
            "files": files,
        }
        if changed != manifest:
            partial = _beside(folder, "manifest")
            partial.write_text(_as_text(changed), encoding="utf-8")
            flush(partial)
            partial.replace(folder / MANIFEST)
        return changed


def describe_file(path: Path, *, split: str, row_count: int) -> dict[str, Any]:
    """One entry of the manifest's `files`."""
    return {
        "name": path.name,
        "split": split,
        "row_count": row_count,
        "bytes": path.stat().st_size,
        "sha256": _sha256(path),
    }


def is_intact(folder: Path, manifest: Manifest) -> bool:
    """Whether every file the manifest lists is there with its size and SHA-256."""
    return all(
        (folder / entry["name"]).is_file()
        and (folder / entry["name"]).stat().st_size == entry["bytes"]
        and _sha256(folder / entry["name"]) == entry["sha256"]
        for entry in manifest["files"]
    )


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """One writer at a time among the folders of one parent, released by the system on a kill.

    Also brings back a folder that a killed `replacing` had moved aside.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        previous = _beside(folder, "previous")
        if previous.exists() and not folder.exists():
            previous.rename(folder)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, which takes its place by rename if the block succeeds.

    Whatever happens in between, `folder` is absent or complete. Call it within `exclusive`.
    """
    from loader.durable import flush

    partial, previous = _beside(folder, "partial"), _beside(folder, "previous")
    for leftover in (partial, previous):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        flush(partial)
        _swap(partial, folder, previous)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(previous, ignore_errors=True)


def _swap(partial: Path, folder: Path, previous: Path) -> None:
    try:
        if folder.exists():
            folder.rename(previous)
        partial.rename(folder)
    except OSError as error:
        raise MachineError(
            f"cannot put {folder} in place: {error.strerror}",
            hint="a mount point cannot be replaced: name a folder inside it with --out",
        ) from None


def _beside(folder: Path, kind: str) -> Path:
    return folder.parent / f".{folder.name}.{kind}"


def _names(manifest: Manifest) -> set[str]:
    return {MANIFEST, *(entry["name"] for entry in manifest["files"])}


def manifest_in(folder: Path) -> Manifest | None:
    """The manifest of a folder if it has one of ours."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        ours = {"feature_set", "feature_version", "data_hash", "files"} <= content.keys()
        entries = [{"name", "split", "bytes", "sha256"} <= entry.keys() for entry in content["files"]]
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return None
    return content if ours and all(entries) else None


def is_exact(manifest: Manifest) -> bool:
    """Whether the files hold decimals: an earlier release, which says nothing, left them so."""
    return bool(manifest.get("types", EXACT) == EXACT)


def schema_metadata(header: Manifest) -> dict[str, str]:
    """What of a manifest goes into a table's schema, as text or JSON; no files, figures or verdicts."""
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in header.items()
        if key not in ("columns", "files", "figures", "verdicts")
    }


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
