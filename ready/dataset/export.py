"""The training set as Parquet: for models or exact, in key order, and the same bytes for the same version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from loader.durable import flush
from ready.dataset.arrow import BATCH_ROWS
from ready.dataset.dataset_folder import (
    Manifest,
    describe_file,
    exclusive,
    is_exact,
    is_intact,
    read_manifest,
    replacing,
    schema_metadata,
    update_manifest,
    write_manifest,
)
from ready.dataset.training_set import TrainingSet, open_training_set
from ready.definition.column_roles import SPLITS
from ready.errors import MachineError, UsageError
from ready.figures.measure import Figures, measure
from ready.recorded.proofs import proofs_of
from ready.recorded.registry import build_name, find_build
from ready.settings import Settings

Progress = Callable[[int, int], None]
"""Called with rows done and rows in total, from a worker thread."""


@dataclass(frozen=True)
class ExportResult:
    """`folder` holds the files that `manifest` lists; `written` is false when they were there already.

    figures: None where they were not measured.
    """

    folder: Path
    manifest: Manifest
    written: bool
    figures: Figures | None = None


def export_dataset(
    connection: Any,
    *,
    settings: Settings,
    feature_set: str = "customer_features",
    version: int | None = None,
    split: str | None = None,
    out: Path | None = None,
    exact: bool = False,
    progress: Progress | None = None,
    number: int | None = None,
    like: Manifest | None = None,
    measured: bool = False,
) -> ExportResult:
    """Write train, val and test of the version that the tables hold now, one Parquet file each.

    version: refuse any other than this one. split: only this one. out: default
    <artifacts>/datasets/<feature_set>/v<version>. exact: decimals and the tables' other types, instead of
    those for models. number: what the files are to name as their version, for a build that represents
    another's. like: an earlier export's manifest, whose form is taken instead, down to what it leaves out.
    measured: give the figures of the training set, also where the manifest that is there has them.
    The folder is replaced as a whole, or left alone when it already holds these very rows in this form: then
    only figures and verdicts of its manifest are renewed. Rows outside the splits are not exported.

    connection: as ready.database.query.connected gives it, not inside a transaction. Raises UsageError for a
    version that is not there or a folder of foreign files, CheckFailed when the rows are not those on
    record, MachineError when the database or the disk fails.
    """
    exact = is_exact(like) if like else exact
    with open_training_set(
        connection, settings, feature_set=feature_set, version=version, exact=exact
    ) as source:
        source = source.numbered(number)
        header = {key: value for key, value in source.header.items() if like is None or key in like}
        folder = (out or dataset_folder(settings, source)).resolve()
        with exclusive(folder):
            there = read_manifest(folder)
            splits = _wanted(split, there, header)
            is_there = (
                there
                and covers(there, header, splits)
                and _counts(there).items() <= source.row_counts.items()
                and is_intact(folder, there)
            )
            known = like is not None or (is_there and "figures" in (there or {}) and not measured)
            figures = None if known else measure(connection, settings, source)
            if not is_there:
                write_export(source, header, splits, folder, progress)
    also = {"figures": figures.as_manifest()} if figures else {}
    if like is None:
        build = find_build(connection, settings, build_name(header))
        also["verdicts"] = proofs_of(connection, settings, build)
    manifest = update_manifest(folder, **also)
    if manifest is None:
        raise MachineError(f"{folder} was taken away while it was written", hint="export again")
    return ExportResult(folder, manifest, written=not is_there, figures=figures)


def dataset_folder(settings: Settings, source: TrainingSet) -> Path:
    """Where a training set is exported to when nothing else is said."""
    feature_set, version = source.identity["feature_set"], source.identity["feature_version"]
    return settings.datasets / str(feature_set) / f"v{version}"


def _wanted(split: str | None, there: Manifest | None, header: Manifest) -> list[str]:
    """The splits to write: with --split, those of the same version that are there already stay."""
    if split is None:
        return list(SPLITS)
    if split not in SPLITS:
        raise UsageError(f"unknown split: {split}", hint=f"one of {', '.join(SPLITS)}")
    kept = {entry["split"] for entry in there["files"]} if there and covers(there, header, []) else set()
    return [name for name in SPLITS if name == split or name in kept]


def covers(manifest: Manifest, header: Manifest, splits: Sequence[str]) -> bool:
    """Whether a manifest describes this very version, data and form, with these splits among its files."""
    same = {key: manifest.get(key) for key in header} == header
    return same and set(splits) <= {entry["split"] for entry in manifest["files"]}


def _counts(manifest: Manifest) -> dict[str, Any]:
    """The rows that a manifest names, by split."""
    return {entry["split"]: entry.get("row_count") for entry in manifest["files"]}


def write_export(
    source: TrainingSet,
    header: Manifest,
    splits: Sequence[str],
    folder: Path,
    progress: Progress | None = None,
) -> Manifest:
    """The manifest of the folder that then holds these splits. header: all of it but the files."""
    total = sum(source.row_counts[split] for split in splits)
    done = 0
    files = []

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        if progress:
            progress(done, total)

    with replacing(folder) as partial:
        for split in splits:
            path = partial / f"{split}.parquet"
            rows = _write_split(source, header, split, path, count)
            files.append(describe_file(path, split=split, row_count=rows))
        manifest = {**header, "files": files}
        write_manifest(partial, manifest)
    return manifest


def _write_split(
    source: TrainingSet, header: Manifest, split: str, path: Path, count: Callable[[int], None]
) -> int:
    """Stream one split to `path`, one row group a batch; returns its number of rows."""
    schema = source.schema.with_metadata({**schema_metadata(header), "split": split})
    with pa.parquet.ParquetWriter(path, schema, compression="zstd") as writer:

        def consume(batch: pa.Table) -> None:
            writer.write_table(batch.replace_schema_metadata(schema.metadata), row_group_size=BATCH_ROWS)
            count(batch.num_rows)

        rows = source.read(split, consume)
    flush(path)
    return rows
