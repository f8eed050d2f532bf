"""A shop to prove things on: the sample, run from a project of its own that is a git repository."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from conftest import PROJECT
from warehouse import Warehouse

from ready.database import grant_database
from ready.postgres.connection import ConnectionParams
from ready.proof.recorded_project import Code
from ready.settings import Settings


@dataclass(frozen=True)
class Shop(Warehouse):
    """folder: also holds the dbt project and the data, which tests may change in a copy."""

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def environ(self) -> dict[str, str]:
        return {**super().environ, "READY_PROJECT_DIR": str(self.project)}

    @property
    def settings(self) -> Settings:
        return Settings.resolve(environ=self.environ)

    def git(self, *arguments: str) -> None:
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        subprocess.run(
            ["git", "-C", str(self.project), *identity, *arguments], check=True, capture_output=True
        )

    def schemas(self) -> list[str]:
        return [name for (name,) in self.rows("select nspname from pg_namespace order by 1")]

    def copy(self, folder: Path, database: ConnectionParams) -> Shop:
        """The same in another folder; `database` is made from this one's, without its rights."""
        shutil.copytree(self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("home"))
        shop = replace(self, folder=folder, database=database)
        grant_database(shop.settings)
        return shop


def open_shop(folder: Path, database: ConnectionParams) -> Shop:
    """The shipped project, committed, with the sample run through it."""
    shop = Shop(folder, database)
    Code(PROJECT, None).lay_out(shop.project)
    shutil.copytree(PROJECT / "configs", shop.project / "configs")
    shutil.copy(PROJECT / ".gitignore", shop.project)
    shutil.copytree(PROJECT / "data" / "raw", shop.data)
    shop.git("init", "--quiet")
    shop.git("add", ".")
    shop.git("commit", "--quiet", "--message", "As shipped")
    grant_database(shop.settings)
    shop.run("--data", shop.data)
    return shop
