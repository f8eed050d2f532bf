"""Where things are: one frozen object, resolved once from flags and environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ready.errors import UsageError

PRODUCT_MARKER = "name: raw_to_ready"
# Of a folder of `ready init`, whose project has a name of its own.
USER_MARKER = "profile: raw_to_ready"
TARGETS = ("postgres", "spark")


@dataclass(frozen=True)
class Settings:
    """Folders and names that every command needs. All paths are absolute.

    project_dir: the dbt project that dbt runs in: a checkout, or a folder of `ready init`.
    home: state that can be thrown away and rebuilt from raw (READY_HOME).
    configs: the folder of orders.yaml, expectations.yaml, features.yaml (READY_CONFIGS).
    artifacts: reports, datasets, docs (READY_ARTIFACTS).
    schema_prefix: put before stg, feats and meta, never before raw (READY_SCHEMA_PREFIX).
    environ: the environment that the rest is read from (PG*, DATABASE_URL).
    target: the engine that holds the tables, postgres or spark (READY_TARGET).
    """

    project_dir: Path
    home: Path
    configs: Path
    artifacts: Path
    schema_prefix: str
    environ: Mapping[str, str]
    target: str = "postgres"

    @classmethod
    def resolve(
        cls,
        *,
        home: str | os.PathLike[str] | None = None,
        configs: str | os.PathLike[str] | None = None,
        artifacts: str | os.PathLike[str] | None = None,
        target: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Settings:
        """Flags win over the environment, the environment over the defaults.

        A relative path given by the caller is relative to the current folder; a relative
        READY_CONFIGS is looked for in the current folder first, then in the project.

        Raises UsageError when there is no project, no configs folder or no such target, and for a prefix
        that cannot be one.
        """
        env = dict(os.environ if environ is None else environ)
        project = find_project(env)
        return cls(
            project_dir=project,
            home=_absolute(home or env.get("READY_HOME") or project / ".ready"),
            configs=_configs_folder(project, configs or env.get("READY_CONFIGS") or project / "configs"),
            artifacts=_absolute(artifacts or env.get("READY_ARTIFACTS") or project / "artifacts"),
            schema_prefix=_schema_prefix(env.get("READY_SCHEMA_PREFIX", "")),
            environ=env,
            target=_target(target or env.get("READY_TARGET") or "postgres"),
        )

    @cached_property
    def product_dir(self) -> Path:
        """The folder of the models and macros that come along: the project itself where it is a checkout."""
        return self.project_dir if _names(self.project_dir, PRODUCT_MARKER) else product_dir()

    @property
    def is_users(self) -> bool:
        """Whether the project is the user's own, and takes what comes along as a package."""
        return self.product_dir != self.project_dir

    @property
    def reports(self) -> Path:
        return self.artifacts / "reports"

    @property
    def datasets(self) -> Path:
        return self.artifacts / "datasets"

    def schema(self, name: str) -> str:
        """The name of a schema in the database: `raw` as it is, the others with the prefix."""
        return name if name == "raw" else self.schema_prefix + name


def product_dir() -> Path:
    """The dbt project that this package brings along: inside it in a wheel, around it in a checkout."""
    inside = Path(__file__).parent / "project"
    return inside if inside.is_dir() else Path(__file__).parents[1]


def find_project(env: Mapping[str, str]) -> Path:
    """READY_PROJECT_DIR, else the current folder or a parent with our dbt_project.yml, else the checkout.

    Raises UsageError where there is none.
    """
    named = env.get("READY_PROJECT_DIR")
    candidates = [Path(named)] if named else [Path.cwd(), *Path.cwd().parents, Path(__file__).parents[1]]
    for folder in candidates:
        if _names(folder, PRODUCT_MARKER) or _names(folder, USER_MARKER):
            return folder.resolve()
    raise UsageError(
        f"no From Raw to Ready project found{f' in {named}' if named else ''}",
        hint="make one with ready init my_shop and run the command there, or set READY_PROJECT_DIR to one",
    )


def _names(folder: Path, marker: str) -> bool:
    file = folder / "dbt_project.yml"
    return file.is_file() and re.search(rf"(?m)^{marker}\s*$", file.read_text(encoding="utf-8")) is not None


def _target(name: str) -> str:
    if name not in TARGETS:
        raise UsageError(f"there is no target {name}", hint=f"READY_TARGET is one of {', '.join(TARGETS)}")
    return name


def _schema_prefix(text: str) -> str:
    """Part of names that SQL has without quotes: the database reads them in small letters."""
    if not re.fullmatch("([a-z_][a-z0-9_]*)?", text):
        raise UsageError(
            f"READY_SCHEMA_PREFIX cannot be {text}",
            hint="write it in a to z, 0 to 9 and _, and not with a digit first, such as pr7_",
        )
    return text


def _absolute(path: str | os.PathLike[str]) -> Path:
    return Path(path).expanduser().absolute()


def _configs_folder(project: Path, given: str | os.PathLike[str]) -> Path:
    for folder in (_absolute(given), project / given):
        if folder.is_dir():
            return folder.resolve()
    raise UsageError(
        f"configs folder not found: {given}",
        hint="name a folder with orders.yaml, expectations.yaml and features.yaml "
        "(--configs or READY_CONFIGS)",
    )
