"""What the wheel holds beside the Python packages: docs/decisions/0011-one-distribution.md."""

from __future__ import annotations

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
    "models",
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
            build_data["force_include"].update({part: f"ready/project/{part}" for part in PROJECT})
