"""The project as a recorded version had it: code from here or from a commit, configs from the record."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ready.definition.mapping import source_names
from ready.definition.meta import PREFIX
from ready.errors import UsageError
from ready.run.build_state import PROJECT_PARTS
from ready.workspace.package_link import OWN, OWN_FOLDER

PACKAGES = "dbt_packages"
PARTS = (*PROJECT_PARTS, "package-lock.yml", PACKAGES, "profiles")
CONFIGS = "recorded_configs"


@dataclass(frozen=True)
class Code:
    """Where code can be had: a checkout as it is (commit None), or one of its commits.

    product_dir: where the shipped models come from, for a project of `ready init`: then the commit has the
    user's own models only. None in a checkout.
    """

    project_dir: Path
    commit: str | None
    product_dir: Path | None = None

    def __str__(self) -> str:
        return f"commit {self.commit[:12]}" if self.commit else "the current code"

    def lay_out(self, target: Path) -> None:
        """Write the dbt project to the new folder `target`. Raises UsageError if the commit is not here."""
        target.mkdir(parents=True)
        if self.product_dir:
            _copy(self.product_dir, target, [part for part in PARTS if part != PACKAGES])
            # The package is the project here; its dbt_project.yml looks for the user's models there.
            own = target / OWN_FOLDER
            own.mkdir()
            self._write(own, OWN)
            _copy(self.project_dir, target, [PACKAGES], without="raw_to_ready")
        else:
            self._write(target, PARTS)

    def _write(self, target: Path, parts: Sequence[str]) -> None:
        if self.commit:
            self._unpack(self.commit, target)
        else:
            _copy(self.project_dir, target, parts)

    def _unpack(self, commit: str, target: Path) -> None:
        archive = target / "commit.zip"
        # Run in the project's folder, which need not be the top of its repository.
        command = ["git", "-C", str(self.project_dir), "archive", "--format=zip", "-o", str(archive), commit]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UsageError(
                f"commit {commit[:12]} is not in this checkout: {done.stderr.strip().splitlines()[-1]}",
                hint="fetch the branch that has it (git fetch --all), then try again",
            )
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(target)


def _copy(project: Path, target: Path, parts: Sequence[str], *, without: str = "") -> None:
    for part in parts:
        source = project / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns(without))
        elif source.exists():
            (target / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / part)


def write_recorded_configs(project: Path, config: Mapping[str, Any], *, fallback: Path) -> Path:
    """Write orders.yaml, features.yaml and further mappings from the record; returns the folder.

    The record does not hold expectations.yaml, whose quarantine rules count too, nor those of a source: these
    are the project's own of the recorded folder, else those in the folder `fallback`. So are mappings of
    sources that the version is not made of.
    """
    folder = project / CONFIGS
    folder.mkdir()
    # Code up to 0.1.0 knows no key of its own in meta.
    nested = any((project / "macros").rglob("own_meta.sql"))
    _write(folder / "orders.yaml", nested, {"orders_mapped": config["orders"]})
    _write(
        folder / "features.yaml",
        nested,
        {
            "customer_features": config.get("customer_features", config["features"]),
            **{name: _written(meta) for name, meta in config.get("source_features", {}).items()},
            "customer_labels": config["label"],
            "customer_training_set": {"splits": config["splits"]},
        },
    )
    for place in (project / config["configs"], project / OWN_FOLDER / config["configs"], fallback):
        if (place / "expectations.yaml").is_file():
            shutil.copy2(place / "expectations.yaml", folder)
            for name in source_names(place):
                shutil.copy2(place / f"{name}.yaml", folder)
            break
    for name, mapping in config.get("sources", {}).items():
        _write_source(folder / f"{name}.yaml", name, mapping)
    return folder


def _written(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the SQL of the model says itself."""
    return {key: value for key, value in meta.items() if key != "feature_set"}


def _write_source(path: Path, name: str, mapping: Mapping[str, Any]) -> None:
    """The mapping of the record, with the tests that the file has now."""
    models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"] if path.is_file() else []
    tested = next(
        (model for model in models if model["name"] == f"{name}_parsed"),
        {"name": f"{name}_parsed", "data_tests": ["usable_rows", "plausible_rows"]},
    )
    mapped = {"name": f"{name}_mapped", "config": {"meta": {PREFIX: mapping}}}
    _dump(path, [mapped, tested])


def _write(path: Path, nested: bool, metas: Mapping[str, Any]) -> None:
    models = [
        {"name": name, "config": {"meta": {PREFIX: meta} if nested else meta}} for name, meta in metas.items()
    ]
    _dump(path, models)


def _dump(path: Path, models: Sequence[Mapping[str, Any]]) -> None:
    document = {"version": 2, "models": list(models)}
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
