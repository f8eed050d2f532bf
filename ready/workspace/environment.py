"""The environment in which dbt, psql and other tools find this project and its database."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Protocol

from ready.errors import MachineError
from ready.settings import Settings
from ready.workspace.config_files import foreign_files
from ready.workspace.package_link import link_package, package_dir


class Server(Protocol):
    """What shows dbt and other tools where the database is."""

    def env(self) -> dict[str, str]: ...


def environment(settings: Settings, params: Server) -> dict[str, str]:
    """READY_*, PG* and DBT_* variables, all paths absolute but READY_CONFIGS; dbt finds the project then.

    PGPASSWORD is there only when the user gave one, in PGPASSWORD or DATABASE_URL. Raises MachineError where
    the project may not be written to.
    """
    link_package(settings)
    prefix = {"READY_SCHEMA_PREFIX": settings.schema_prefix} if settings.schema_prefix else {}
    return {
        "READY_PROJECT_DIR": str(settings.project_dir),
        "READY_HOME": str(settings.home),
        "READY_CONFIGS": configs_for_dbt(settings),
        "READY_ARTIFACTS": str(settings.artifacts),
        **prefix,
        **params.env(),
        "DBT_PROJECT_DIR": str(settings.project_dir),
        "DBT_PROFILES_DIR": str(settings.product_dir / "profiles"),
        "DBT_TARGET_PATH": str(settings.home / "dbt" / "target"),
        "DBT_LOG_PATH": str(settings.home / "dbt" / "logs"),
    }


def configs_for_dbt(settings: Settings) -> str:
    """The configs folder as a path below the project that has the models; one elsewhere is reached by a link.

    dbt writes each compiled test to target/ + the path of its yaml file: that path must be relative. A folder
    with other files is reached through a link too: there .dbtignore keeps them from dbt.
    Raises MachineError where the project may not be written to.
    """
    package = package_dir(settings)
    if settings.is_users and settings.configs == settings.project_dir / "configs":
        return "configs"
    if settings.configs.is_relative_to(package):
        below = settings.configs.relative_to(package)
        if not (_is_hidden(below) or foreign_files(settings.configs)) or _is_ignored_but_for_three(below):
            return str(below)
    name = hashlib.sha256(os.fsencode(settings.configs)).hexdigest()[:16]
    link = package / ".ready" / "configs" / name
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        for other in link.parent.iterdir():
            if not other.exists():  # its folder is gone
                other.unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):
            link.symlink_to(settings.configs)
    except OSError as error:
        raise MachineError(
            f"cannot link {settings.configs} into the project: {link.parent}: {error.strerror}",
            hint="let this user write there, or put the configs into the project's folder",
        ) from None
    return str(link.relative_to(package))


def _is_hidden(below: Path) -> bool:
    """What .dbtignore keeps from dbt, but for the three files where a configs folder is expected."""
    return below.parts[0] in ("configs", "examples")


def _is_ignored_but_for_three(below: Path) -> bool:
    return below == Path("configs") or (len(below.parts) == 2 and below.parts[0] == "examples")
