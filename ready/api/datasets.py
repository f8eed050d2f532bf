"""Recorded training sets: from their Parquet files where they are, else from the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet

from ready.api.dataset import OUTPUTS, Dataset, TrainValTest
from ready.dataset.dataset_folder import (
    MODEL,
    Manifest,
    exclusive,
    is_exact,
    is_intact,
    manifest_in,
    schema_metadata,
)
from ready.dataset.model_types import as_model, model_schema, sorted_values
from ready.definition.column_roles import FEATURE_SET, KEY, SPLIT, SPLITS, roles_of
from ready.errors import CheckFailed, UsageError
from ready.settings import Settings

# What follows needs the database's driver; a folder is read without.
if TYPE_CHECKING:
    from ready.dataset.training_set import TrainingSet


@dataclass(frozen=True)
class Loaded:
    """Splits of one version. source: the folder or engine they come from."""

    parts: dict[str, pa.Table]
    metadata: dict[str, str]
    source: str

    def dataset(self, splits: Sequence[str], output: str, home: str | None) -> Dataset:
        table = pa.concat_tables([self.parts[split] for split in splits]).unify_dictionaries()
        return Dataset(
            table.replace_schema_metadata(self.metadata), output=output, source=self.source, home=home
        )


def load(
    settings: Settings | None,
    *,
    feature_set: str,
    version: int | None,
    split: str | None,
    output: str,
    exact: bool,
    path: str | PathLike[str] | None,
) -> Dataset:
    """See ready.load_dataset. settings: None with a path."""
    if split not in (None, *SPLITS):
        raise UsageError(f"unknown split: {split}", hint=f"one of {', '.join(SPLITS)}")
    splits = SPLITS if split is None else (split,)
    loaded = _loaded(settings, feature_set, version, splits, output, exact, path)
    return loaded.dataset(splits, output, str(settings.home) if settings else None)


def load_three(settings: Settings | None, *, output: str, **options: Any) -> TrainValTest:
    """See ready.train_val_test. options: the others of `load`, without split."""
    loaded = _loaded(settings, splits=SPLITS, output=output, **options)
    home = str(settings.home) if settings else None
    return TrainValTest(*(loaded.dataset([split], output, home) for split in SPLITS))


def _loaded(
    settings: Settings | None,
    feature_set: str,
    version: int | None,
    splits: Sequence[str],
    output: str,
    exact: bool,
    path: str | PathLike[str] | None,
) -> Loaded:
    _check_types(feature_set, version)
    if output not in OUTPUTS:
        raise UsageError(f"unknown output: {output}", hint=f"one of {', '.join(OUTPUTS)}")
    if path is not None:
        return _in_folder(Path(path).expanduser().absolute(), feature_set, version, splits, exact)
    assert settings
    try:
        return _current(settings, feature_set, version, splits, exact)
    except UsageError:
        earlier = (
            None if version is None else _exported_earlier(settings, feature_set, version, splits, exact)
        )
        if earlier is None:
            raise
        return earlier


def _check_types(feature_set: object, version: object) -> None:
    if not isinstance(feature_set, str):
        raise UsageError(
            f"a feature set is named by text, not {feature_set!r}", hint="such as customer_features"
        )
    # numpy's integers are Integral too; so is bool.
    if version is not None and (not isinstance(version, Integral) or isinstance(version, bool)):
        raise UsageError(f"a version is an int, not {version!r}", hint="such as version=1")


def _current(
    settings: Settings, feature_set: str, version: int | None, splits: Sequence[str], exact: bool
) -> Loaded:
    """What the tables hold now."""
    from ready.database.query import connected
    from ready.dataset.export import covers, dataset_folder
    from ready.dataset.training_set import open_training_set, require_feature_set

    with connected(settings) as connection:
        require_feature_set(connection, settings, feature_set)
        with open_training_set(
            connection, settings, feature_set=feature_set, version=version, exact=exact
        ) as source:
            folder = dataset_folder(settings, source)
            exported = _read_files(
                folder, splits, exact, lambda manifest: covers(manifest, source.header, splits)
            )
            return exported or _read_database(source, splits, settings.target)


def _exported_earlier(
    settings: Settings, feature_set: str, version: int, splits: Sequence[str], exact: bool
) -> Loaded | None:
    """A version that the tables no longer hold, from its export."""
    wanted = (feature_set, version)

    def is_wanted(manifest: Manifest) -> bool:
        return (manifest["feature_set"], manifest["feature_version"]) == wanted and _has(
            manifest, splits, exact
        )

    return _read_files(settings.datasets / feature_set / f"v{version}", splits, exact, is_wanted)


def _in_folder(
    folder: Path, feature_set: str, version: int | None, splits: Sequence[str], exact: bool
) -> Loaded:
    """The export in a folder, wherever it was copied to."""
    manifest = manifest_in(folder)
    if manifest is None:
        raise UsageError(
            f"{folder} holds no export: there is no manifest.json of ours",
            hint="name a folder such as artifacts/datasets/customer_features/v1",
        )
    if feature_set not in (FEATURE_SET, manifest["feature_set"]):  # the first is what nobody need name
        raise UsageError(f"{folder} holds {manifest['feature_set']}, not {feature_set}")
    if version not in (None, manifest["feature_version"]):
        raise UsageError(f"{folder} holds version {manifest['feature_version']}, not {version}")
    if exact and not is_exact(manifest):
        raise UsageError(
            f"{folder} was exported for models: its decimals are doubles",
            hint="write the exact ones with: ready export --exact --out DIR",
        )
    if not _has(manifest, splits, exact):
        there = ", ".join(entry["split"] for entry in manifest["files"])
        raise UsageError(f"{folder} does not have all of {', '.join(splits)}, but {there}")
    loaded = _read_files(folder, splits, exact, lambda manifest: True)
    if loaded is None:
        raise CheckFailed(
            f"the files in {folder} are not those of its manifest", hint="write them again: ready export"
        )
    return loaded


def _has(manifest: Manifest, splits: Sequence[str], exact: bool) -> bool:
    """Whether the splits are there, in a form that the wanted one can be made of."""
    there = {entry["split"] for entry in manifest["files"]}
    return there >= set(splits) and (is_exact(manifest) or not exact)


def _read_files(
    folder: Path, splits: Sequence[str], exact: bool, is_wanted: Callable[[Manifest], bool]
) -> Loaded | None:
    """The splits from the Parquet files of `folder`; None unless it has them, whole and as wanted."""
    if not folder.is_dir():
        return None
    with exclusive(folder):
        manifest = manifest_in(folder)
        if manifest is None or not is_wanted(manifest) or not is_intact(folder, manifest):
            return None
        files = {entry["split"]: folder / entry["name"] for entry in manifest["files"]}
        convert = is_exact(manifest) and not exact
        # What the whole data set has decides on categories and roles.
        read = files if convert or "roles" not in manifest else splits
        parts = {split: pa.parquet.ParquetFile(files[split]).read() for split in read}
    if "roles" not in manifest:
        manifest = {**manifest, "roles": _roles_of_earlier(manifest, list(parts.values()))}
    if convert:
        manifest, parts = {**manifest, "types": MODEL}, _for_models(parts, manifest)
    return Loaded(parts, schema_metadata(manifest), str(folder))


def _roles_of_earlier(manifest: Manifest, parts: Sequence[pa.Table]) -> dict[str, Any]:
    """Of an export whose release recorded none: its columns are keys, features, label and split in order."""
    names = parts[0].column_names
    own = [name for name in names if name not in (*KEY, SPLIT)]
    nulls = {name: sum(part[name].null_count for part in parts) for name in own}
    fingerprint = manifest["data_hash"]
    return roles_of(names, features=own[:-1], config=None, nulls=nulls, fingerprint=fingerprint)


def _for_models(parts: dict[str, pa.Table], manifest: Manifest) -> dict[str, pa.Table]:
    """Exact rows as their export for models would have them."""
    whole = pa.concat_tables(parts.values())
    schema = model_schema(whole.schema, [feature["name"] for feature in manifest["roles"]["features"]])
    categories = {
        field.name: sorted_values(whole[field.name]) for field in schema if pa.types.is_dictionary(field.type)
    }
    return {split: as_model(part, schema, categories) for split, part in parts.items()}


def _read_database(source: TrainingSet, splits: Sequence[str], target: str) -> Loaded:
    parts = {}
    for split in splits:
        batches = [source.schema.empty_table()]
        source.read(split, batches.append)
        parts[split] = pa.concat_tables(batches)
    where = "the warehouse" if target == "spark" else "the database"
    return Loaded(parts, schema_metadata(source.header), where)


@dataclass(frozen=True)
class Export:
    """One exported version. rows: how many each split has. path: what load_dataset takes."""

    feature_set: str
    version: int
    fingerprint: str
    rows: dict[str, int]
    exact: bool
    path: Path


def exports_in(datasets: Path) -> list[Export]:
    """All exports below <artifacts>/datasets, by feature set and version."""
    found = []
    for file in datasets.glob("*/*/manifest.json"):
        manifest = manifest_in(file.parent)
        if manifest is not None and not file.parent.name.startswith("."):  # that one is being written
            rows = {entry["split"]: entry["row_count"] for entry in manifest["files"]}
            found.append(
                Export(
                    manifest["feature_set"],
                    manifest["feature_version"],
                    manifest["data_hash"],
                    rows,
                    is_exact(manifest),
                    file.parent,
                )
            )
    return sorted(found, key=lambda export: (export.feature_set, export.version))
