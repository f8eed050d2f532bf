"""The exported files of a recorded build, and what lies beside them, against a rebuilt export."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from ready.database.query import connected
from ready.dataset.dataset_folder import MANIFEST, Manifest, describe_file, read_manifest
from ready.dataset.export import export_dataset
from ready.errors import UsageError
from ready.proof.parquet import compare_parquet
from ready.proof.scratch import Scratch
from ready.recorded.registry import build_name, find_build
from ready.settings import Settings

RENEWED = ("files", "figures", "verdicts")
"""What of a manifest is compared by itself, or written again after each check."""


@dataclass(frozen=True)
class Finding:
    """One thing compared. same is None where there is nothing on record to compare with; detail says why."""

    what: str
    same: bool | None
    detail: str = ""


def compare_exports(settings: Settings, place: Scratch, record: dict[str, Any]) -> Iterator[Finding]:
    """The manifest of the version's folder and its files, against those of what was rebuilt in `place`."""
    folder = settings.datasets / record["feature_set"] / f"v{record['feature_version']}"
    there = read_manifest(folder)
    if there is None:
        yield Finding("Parquet", None, f"{folder} holds no export")
    elif there["data_hash"] != record["data_hash"]:
        yield _of_another_build(settings, folder, there)
    else:
        out = place.settings.home / "parquet"
        rebuilt = _export_again(place, record, out, there)
        difference = manifest_difference(folder, there, rebuilt)
        yield Finding(MANIFEST, not difference, difference)
        for entry in there["files"]:
            same, detail = compare_parquet(folder / entry["name"], out / entry["name"])
            yield Finding(entry["name"], same, detail)


def _export_again(place: Scratch, record: dict[str, Any], out: Path, like: Manifest) -> Manifest:
    # In the scratch registry it is the first version.
    with closing(place.params.connect()) as connection:
        number, name = record["feature_version"], record["feature_set"]
        done = export_dataset(
            connection, settings=place.settings, feature_set=name, out=out, number=number, like=like
        )
    return done.manifest


def _of_another_build(settings: Settings, folder: Path, there: Manifest) -> Finding:
    """Not compared, if it is one: on record, and what the files say of themselves."""
    named = there["data_hash"]
    try:
        with connected(settings) as connection:
            find_build(connection, settings, build_name(there))
    except UsageError:
        return Finding(MANIFEST, False, f"{folder} names the fingerprint {named}, which is not on record")
    for entry in there["files"]:
        if (found := _fingerprint_in(folder / entry["name"])) not in (None, named):
            return Finding(
                MANIFEST, False, f"it names the fingerprint {named}, {entry['name']} names {found}"
            )
    return Finding("Parquet", None, f"{folder} holds the export of another build")


def _fingerprint_in(file: Path) -> str | None:
    """What a file names as its own; None where it names none or is no Parquet file."""
    try:
        metadata = pyarrow.parquet.read_schema(file).metadata or {}
    except (OSError, pyarrow.ArrowInvalid):
        return None
    return metadata[b"data_hash"].decode() if b"data_hash" in metadata else None


def manifest_difference(folder: Path, there: Manifest, rebuilt: Manifest) -> str:
    """Where the manifest of a folder first says something else than a rebuilt one; empty where nowhere.

    Sizes and hashes must be those of the files beside it, as another writer has other bytes.
    """
    for key in (key for key in rebuilt if key not in RENEWED):
        if there.get(key) != rebuilt[key]:
            return f"{key} was {there.get(key)}, became {rebuilt[key]}"
    again = {entry["name"]: entry for entry in rebuilt["files"]}
    for entry in there["files"]:
        file, expected = folder / entry["name"], again.get(entry["name"], {})
        if expected and file.is_file():
            expected = describe_file(file, split=expected["split"], row_count=expected["row_count"])
        for key, value in expected.items():
            if entry.get(key) != value:
                return f"{key} of {entry['name']} was {entry.get(key)}, became {value}"
    return ""
