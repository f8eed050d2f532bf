"""A recorded training set as an Arrow table: from its Parquet files where they are, else from the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from ready.api.table import Table
from ready.dataset_folder import Manifest, exclusive, is_intact, manifest_in
from ready.errors import UsageError
from ready.export import covers, dataset_folder
from ready.query import connected, select_rows
from ready.settings import Settings
from ready.training_set import SPLITS, TrainingSet, open_training_set


def load_dataset(
    feature_set: str = "customer_features", version: int | None = None, split: str | None = None
) -> Table:
    """The training set: customer_id, feature_time, the features, the label and `split`.

    version: default the one that the tables hold now; another one can be had while its export is
    there. split: train, val or test; default all three, one after the other. Within a split the
    rows come in the order of customer_id (by its bytes) and feature_time. Rows outside the splits
    are no part of it: for prediction take `features_at`.

    Read from <artifacts>/datasets/<feature_set>/v<version> where these very rows were exported,
    else from the database in one stream, or with READY_TARGET=spark from the warehouse; all give the same
    table. Folders and server are those of the `ready` command: READY_HOME, READY_ARTIFACTS, PG* or
    DATABASE_URL.

    Raises UsageError for a feature set, version or split that is none or not there, CheckFailed when the
    table is not what was recorded, MachineError when the database fails.
    """
    _check_types(feature_set, version)
    if split not in (None, *SPLITS):
        raise UsageError(f"unknown split: {split}", hint=f"one of {', '.join(SPLITS)}")
    splits = SPLITS if split is None else (split,)
    settings = Settings.resolve()
    try:
        return Table(_current(settings, feature_set, version, splits))
    except UsageError:
        table = None if version is None else _exported_earlier(settings, feature_set, version, splits)
        if table is None:
            raise
        return Table(table)


def _check_types(feature_set: object, version: object) -> None:
    if not isinstance(feature_set, str):
        raise UsageError(
            f"a feature set is named by text, not {feature_set!r}", hint="such as customer_features"
        )
    # numpy's integers are Integral too; so is bool.
    if version is not None and (not isinstance(version, Integral) or isinstance(version, bool)):
        raise UsageError(f"a version is an int, not {version!r}", hint="such as version=1")


def _current(settings: Settings, feature_set: str, version: int | None, splits: Sequence[str]) -> pa.Table:
    """What the tables hold now."""
    with connected(settings) as connection:
        _check_feature_set(connection, settings, feature_set)
        with open_training_set(connection, settings, feature_set=feature_set, version=version) as source:
            folder = dataset_folder(settings, source)
            exported = _read_files(folder, splits, lambda manifest: covers(manifest, source, splits))
            return _read_database(source, splits) if exported is None else exported


def _check_feature_set(connection: Any, settings: Settings, name: str) -> None:
    rows = select_rows(connection, settings, "select feature_set from {meta}.current_versions order by 1")
    known = [row["feature_set"] for row in rows]
    if known and name not in known:
        raise UsageError(f"no feature set {name}; there are: {', '.join(known)}")


def _exported_earlier(
    settings: Settings, feature_set: str, version: int, splits: Sequence[str]
) -> pa.Table | None:
    """A version that the tables no longer hold, from its export."""
    wanted = (feature_set, version)

    def is_wanted(manifest: Manifest) -> bool:
        there = {entry["split"] for entry in manifest["files"]}
        return (manifest["feature_set"], manifest["feature_version"]) == wanted and there >= set(splits)

    return _read_files(settings.datasets / feature_set / f"v{version}", splits, is_wanted)


def _read_files(
    folder: Path, splits: Sequence[str], is_wanted: Callable[[Manifest], bool]
) -> pa.Table | None:
    """The splits from the Parquet files of `folder`; None unless it has them, whole and as wanted."""
    if not folder.is_dir():
        return None
    with exclusive(folder):
        manifest = manifest_in(folder)
        if manifest is None or not is_wanted(manifest) or not is_intact(folder, manifest):
            return None
        files = {entry["split"]: folder / entry["name"] for entry in manifest["files"]}
        parts = [pa.parquet.ParquetFile(files[split]).read() for split in splits]
    identity = {key: value for key, value in manifest.items() if key not in ("columns", "files")}
    return _described(pa.concat_tables(parts), identity)


def _read_database(source: TrainingSet, splits: Sequence[str]) -> pa.Table:
    parts = [source.schema.empty_table()]
    for split in splits:
        source.read(split, parts.append)
    return _described(pa.concat_tables(parts), source.identity)


def _described(table: pa.Table, identity: dict[str, Any]) -> pa.Table:
    return table.replace_schema_metadata({key: str(value) for key, value in identity.items()})
