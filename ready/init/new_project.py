"""`ready init`: a folder that holds a user's configs, models and settings, and nothing that comes along."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ready.dbt.runner import QUIET, invoke
from ready.errors import UsageError
from ready.lint.finding import nearest_or_all
from ready.settings import Settings, product_dir
from ready.suggest.mapping import fit_expectations, suggest_mapping
from ready.workspace.config_files import CONFIG_FILES, with_schemas
from ready.workspace.package_link import link_package

TEMPLATE = Path(__file__).parents[1] / "templates" / "init"
PLACEHOLDER = "my_shop"  # the project's name in the template
TAKEN = ("raw_to_ready", "dbt", "dbt_expectations", "dbt_postgres", "dbt_spark")
DATA = Path("data", "raw")


@dataclass(frozen=True)
class NewProject:
    """What was made. files: of `folder`, in words; note: what was fitted to the mapping, if anything."""

    folder: Path
    name: str
    files: tuple[Path, ...]
    note: str | None


def ready_mappings() -> list[str]:
    """The names of the mappings that come along, such as shopify."""
    return sorted(file.parent.name for file in (product_dir() / "examples").glob("*/orders.yaml"))


def init_project(folder: Path, *, mapping: str | None = None, data: Sequence[str] = ()) -> NewProject:
    """Write a new project to `folder`, which may be there, but none of the project's files.

    mapping: one of ready_mappings(), whose three files to take. data: files or folders that orders.yaml is
    proposed for. Raises UsageError for a file that is there, an unknown mapping, or both; CheckFailed when
    no file of `data` is a table. Then nothing was written.
    """
    if mapping and data:
        raise UsageError("--from and --data each give an orders.yaml", hint="leave one of them out")
    name = project_name(folder)
    texts = {**_settings_files(name), **_configs(mapping)}
    if data:
        # Absolute, since the proposal names a command that is run in the new folder.
        texts[Path("configs", "orders.yaml")] = suggest_mapping([os.path.abspath(path) for path in data])
    _refuse_existing(folder, texts)
    for file, text in texts.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        with (folder / file).open("x", encoding="utf-8") as new:
            new.write(with_schemas(text, is_users=True))
    (folder / DATA).mkdir(parents=True, exist_ok=True)
    settings = Settings.resolve(environ={"READY_PROJECT_DIR": str(folder)})
    note = fit_expectations(settings) if data else None
    _install_packages(settings)
    return NewProject(folder, name, tuple(texts), note)


def project_name(folder: Path) -> str:
    """A name that dbt takes, from the folder's: My-Shop gives my_shop."""
    name = re.sub(r"[^a-z0-9_]+", "_", folder.resolve().name.lower()).strip("_")
    return name if re.match("[a-z]", name) and name not in TAKEN else f"shop_{name}".rstrip("_")


def _settings_files(name: str) -> dict[Path, str]:
    names = {"gitignore": ".gitignore"}  # a dot would hide it in this repository's own
    texts = {
        Path(names.get(file.name, file.name)): file.read_text(encoding="utf-8").replace(PLACEHOLDER, name)
        for file in sorted(TEMPLATE.iterdir())
    }
    texts[Path(".env.example")] = (product_dir() / ".env.example").read_text(encoding="utf-8")
    texts[Path("models", "features", ".gitkeep")] = ""
    return texts


def _configs(mapping: str | None) -> dict[Path, str]:
    known = ready_mappings()
    if mapping and mapping not in known:
        raise UsageError(f"there is no mapping called {mapping}", hint=nearest_or_all(mapping, known))
    folder = product_dir() / "examples" / mapping if mapping else product_dir() / "configs"
    return {Path("configs", name): (folder / name).read_text(encoding="utf-8") for name in CONFIG_FILES}


def _refuse_existing(folder: Path, files: Sequence[Path] | dict[Path, str]) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", hint="name a folder")
    there = [str(file) for file in files if os.path.lexists(folder / file)]
    if there:
        raise UsageError(
            f"{folder} has {', '.join(there)} already: nothing was written",
            hint="ready init overwrites nothing: name another folder, or move these away",
        )


def _install_packages(settings: Settings) -> None:
    """What `dbt deps` does, so that a plain `dbt build` works at once."""
    link_package(settings)
    folders = {
        "--project-dir": settings.project_dir,
        "--profiles-dir": settings.product_dir / "profiles",
        "--log-path": settings.home / "dbt" / "logs",
    }
    outcome = invoke([*QUIET, "deps", *(text for pair in folders.items() for text in map(str, pair))])
    if not outcome.success:
        raise UsageError(
            f"dbt deps failed: {outcome.exception}", hint="look at packages.yml, then: ready dbt deps"
        )
