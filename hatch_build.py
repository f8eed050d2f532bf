"""What the wheel holds beside the Python packages: docs/decisions/0011-one-distribution.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The dbt project, at the top of the checkout, goes to ready/project/. One source: git holds no copy.
PROJECT = (
    ".dbtignore",
    ".env.example",
    "analyses",
    "configs",
    "dbt_project.yml",
    "examples",
    "macros",
    "packages",
    "packages.yml",
    "profiles/profiles.yml",
    "seeds",
    "snapshots",
    "tests/dbt",
)


class ProjectInWheel(BuildHookInterface[Any]):
    """Adds the dbt project to a wheel, and not to an editable installation, which reads the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            parts = (*PROJECT, *_models(Path(self.root)))
            build_data["force_include"].update({part: f"ready/project/{part}" for part in parts})


def _models(root: Path) -> list[str]:
    """The models' files but for unit tests, which are for who changes the project and run in each build."""
    return [
        str(file.relative_to(root))
        for file in sorted((root / "models").rglob("*"))
        if file.is_file() and file.name != "_unit_tests.yml"
    ]
