"""A shop to prove things on: the sample, run from a project of its own that is a git repository."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from conftest import PROJECT
from warehouse import Warehouse, new_database

from ready.database.opening import grant_database
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

    def lay_out(self) -> None:
        """The shipped project, committed, and the sample."""
        Code(PROJECT, None).lay_out(self.project)
        shutil.copytree(PROJECT / "configs", self.project / "configs")
        shutil.copy(PROJECT / ".gitignore", self.project)
        shutil.copytree(PROJECT / "data" / "raw", self.data)
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "As shipped")

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file of the project."""
        file = self.project / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def schemas(self) -> list[str]:
        return [name for (name,) in self.rows("select nspname from pg_namespace order by 1")]

    def copy(self, folder: Path, database: ConnectionParams) -> Shop:
        """The same in another folder; `database` is made from this one's, without its rights."""
        shutil.copytree(self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("home"))
        shop = replace(self, folder=folder, database=database)
        grant_database(shop.settings)
        return shop


@contextmanager
def copy_of(shop: Shop, server: ConnectionParams, folder: Path) -> Iterator[Shop]:
    """The same in another folder, on a database of its own that is dropped in the end."""
    with new_database(server, template=shop.database) as database:
        yield shop.copy(folder, database)


def open_shop(folder: Path, database: ConnectionParams) -> Shop:
    """The shipped project, committed, with the sample run through it."""
    shop = Shop(folder, database)
    shop.lay_out()
    grant_database(shop.settings)
    shop.run("--data", shop.data)
    return shop
