"""What a benchmark works on: a server of its own in a temporary folder, databases in it, and orders."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from memory import tree
from worker import Worker

from ready.postgres import embedded
from ready.postgres.connection import ConnectionParams
from ready.postgres.roles import BUILDER
from ready.settings import Settings
from ready.workspace.environment import environment

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]


def arguments(description: str | None, *, rows: int, rounds: int = 5) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(description or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=rows, metavar="N", help=f"orders (default {rows:,})")
    parser.add_argument(
        "--rounds", type=int, default=rounds, metavar="N", help=f"rounds that count (default {rounds})"
    )
    return parser.parse_args()


@dataclass(frozen=True)
class Scratch:
    """folder: everything of the benchmark, the server's home too. params: its database `ready`.

    variables: the environment's, for all that runs on it.
    """

    folder: Path
    params: ConnectionParams
    configs: Path = PROJECT / "configs"
    project: Path = PROJECT
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def server(self) -> list[int]:
        """The server's processes."""
        pid = embedded.status(self.home).pid
        return tree(pid) if pid else []

    def worker(self, stack: contextlib.ExitStack, python: str, script: str, *arguments: str) -> Worker:
        """A script of this folder at work on it, until the stack closes."""
        command = [python, str(HERE / script), *arguments]
        # As `ready env` has it: what dbt builds is then the builder's, as what `ready run` has built is.
        place = replace(self, params=replace(self.params, role=BUILDER))
        worker = Worker(command, place.environ(f"target {script}"), self.folder / f"{script}.log")
        stack.callback(worker.close)
        return worker

    @contextlib.contextmanager
    def database(self) -> Iterator[Scratch]:
        """A fresh one: no table is larger for one way than for another."""
        name = f"bench_{uuid.uuid4().hex[:8]}"
        self._administer(f"create database {name}")
        try:
            yield replace(self, params=replace(self.params, dbname=name))
        finally:
            self._administer(f"drop database {name} with (force)")
            self._administer("checkpoint")

    def orders(self, name: str, rows: int, *options: str) -> Path:
        """A CSV file of so many orders in the folder `name`, made by generate_orders.py."""
        file = self.folder / name / "orders.csv"
        file.parent.mkdir(exist_ok=True)
        generate = [str(HERE.parent / "generate_orders.py"), "--rows", str(rows), *options]
        self.python(*generate, "--out", str(file))
        return file

    def python(self, *arguments: str) -> None:
        """Run Python in the project, with everything of `ready` below this folder."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.project,
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    def environ(self, target: str = "target") -> dict[str, str]:
        """target: dbt's folder; processes that run dbt side by side need one each."""
        base = {
            name: value for name, value in os.environ.items() if not name.startswith(("PG", "READY_", "DBT_"))
        }
        base["READY_PROJECT_DIR"] = str(self.project)
        settings = Settings.resolve(
            home=self.home, configs=self.configs, artifacts=self.folder / "artifacts", environ=base
        )
        own = {"DBT_TARGET_PATH": str(self.folder / target), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        return {**base, **environment(settings, self.params), **own, **self.variables}

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Rows of a query, none for another statement; every statement is a transaction."""
        with contextlib.closing(self.params.connect()) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def copy_out(self, query: str, file: Path) -> None:
        """A query's rows as CSV."""
        with contextlib.closing(self.params.connect()) as connection, file.open("wb") as out:
            connection.cursor().copy_expert(f"copy ({query}) to stdout (format csv, header)", out)

    def _administer(self, statement: str) -> None:
        replace(self, params=replace(self.params, dbname="postgres")).execute(statement)


@contextlib.contextmanager
def scratch() -> Iterator[Scratch]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder) / "home"
        try:
            yield Scratch(Path(folder), embedded.start(home))
        finally:
            embedded.reset(home)
