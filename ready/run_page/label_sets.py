"""The training sets of own labels that the tables have, from their records and their exports' manifests."""

from __future__ import annotations

from typing import Any

from ready.database.query import Row, select_rows
from ready.dataset.dataset_folder import Manifest, manifest_in
from ready.definition.column_roles import labelled_features
from ready.recorded.registry import Connection
from ready.run_page.model import LabelSet
from ready.run_page.splits import read_splits
from ready.settings import Settings

CURRENT = """
select feature_set, feature_version, data_hash, row_count, config
from {meta}.current_versions
join {meta}.feature_registry using (feature_set, feature_version, data_hash)
order by feature_set
"""


def read_label_sets(connection: Connection, settings: Settings) -> tuple[LabelSet, ...]:
    """Those of `ready train-set`, by name. Raises NothingThere where nothing was built."""
    rows = select_rows(connection, settings, CURRENT)
    return tuple(_label_set(connection, settings, row) for row in rows if "labels" in row["config"])


def _label_set(connection: Connection, settings: Settings, build: Row) -> LabelSet:
    labels = build["config"]["labels"]
    folder = settings.datasets / build["feature_set"] / f"v{build['feature_version']}"
    manifest = manifest_in(folder)
    is_exported = manifest is not None and _is_of(manifest, build)
    return LabelSet(
        build=build,
        label=labels["columns"]["label"],
        file_name=labels["file_name"],
        horizon_days=labels["horizon"],
        features=labelled_features(labels),
        features_version=labels["features_version"],
        splits=read_splits(connection, settings, build),
        distribution=_distribution(manifest) if manifest and is_exported else {},
        folder=folder if is_exported else None,
    )


def _is_of(manifest: Manifest, build: Row) -> bool:
    """Whether an export is of this very build; a folder may have another database's."""
    return all(manifest.get(key) == build[key] for key in ("feature_set", "feature_version", "data_hash"))


def _distribution(manifest: Manifest) -> dict[str, dict[str, Any]]:
    """Of the label by split; an earlier release did not keep it."""
    kept: list[dict[str, Any]] = manifest.get("figures", {}).get("labels", [])
    return kept[0]["splits"] if kept else {}
