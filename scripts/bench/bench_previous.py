"""How fast this checkout is beside an earlier commit: loader, gate as delivered, a whole run, and plain dbt.

dbt parses the project in full, or builds with nothing new.

Both sides take turns on the same machine and the same orders. Each has databases of its own, since a newer
release migrates what an older one cannot read.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from compare import Ratio, Timed, Way, measure, summary
from memory import tree
from report import publish
from scratch import HERE, PROJECT, Scratch, scratch
from worker import Worker

NOW, BEFORE = "now", "before"
# What the figures may be at most; a run and plain dbt have no target here.
AT_MOST = {"load": 1.05, "gate": 1.15, "run": None, "parse": None, "again": None}


def main() -> None:
    options = _arguments()
    with scratch() as place, checkout(options.commit, place.folder / "before") as earlier:
        orders = place.orders("data", options.rows)
        sides = (Side(NOW, PROJECT, place), Side(BEFORE, earlier, place))
        comparisons = []
        for part in options.parts:
            with ExitStack() as stack:
                ways = {side.name: PARTS[part](side, stack, orders) for side in sides}
                rounds = measure(ways, options.rounds, server=place.server)
            ratios = {f"{part}: now / before": Ratio(NOW, BEFORE, AT_MOST[part])}
            comparisons.append(summary(part, options.rows, rounds, ratios))
    publish("previous", comparisons, chart=False)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--commit", default="HEAD~1", help="the earlier commit (default HEAD~1)")
    parser.add_argument("--rows", type=int, default=300_000, metavar="N", help="orders (default 300,000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds that count (default 5)")
    parser.add_argument(
        "--parts", nargs="+", choices=list(AT_MOST), default=list(AT_MOST), help="what to time"
    )
    return parser.parse_args()


@contextlib.contextmanager
def checkout(commit: str, folder: Path) -> Iterator[Path]:
    """That commit's files, with dbt's packages beside them."""
    git = ["git", "-C", str(PROJECT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
    try:
        (folder / "dbt_packages").mkdir()
        for package in (folder / "packages").iterdir():
            (folder / "dbt_packages" / package.name).symlink_to(package)
        yield folder
    finally:
        shutil.rmtree(folder)
        subprocess.run([*git, "prune"], check=True)


@dataclass(frozen=True)
class Side:
    """One checkout at work: its own code, configs and dbt project on `place`'s server."""

    name: str
    project: Path
    place: Scratch

    def environ(self, place: Scratch) -> dict[str, str]:
        """PYTHONPATH comes before what is installed; each side parses into a folder of its own."""
        own = {
            "PYTHONPATH": str(self.project),
            "READY_PROJECT_DIR": str(self.project),
            "DBT_PROJECT_DIR": str(self.project),
            "DBT_PROFILES_DIR": str(self.project / "profiles"),
            "READY_CONFIGS": "configs",
            "READY_ARTIFACTS": str(place.folder / f"artifacts {self.name}"),
        }
        return {**place.environ(f"target {self.name}"), **own}

    def ready(self, place: Scratch, *arguments: str) -> None:
        self._call(place, sys.executable, "-m", "ready", *arguments)

    def dbt(self, place: Scratch, *arguments: str) -> None:
        self._call(place, str(Path(sys.executable).with_name("dbt")), *arguments)

    def _call(self, place: Scratch, *command: str) -> None:
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self.environ(place),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{self.name}: {' '.join(command)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def worker(self, stack: ExitStack, place: Scratch, script: str) -> Worker:
        log = self.place.folder / f"{self.name} {script}.log"
        worker = Worker([sys.executable, str(HERE / script)], self.environ(place), log)
        stack.callback(worker.close)
        return worker


def load(side: Side, stack: ExitStack, orders: Path) -> Way:
    """One file into an empty database."""
    worker = side.worker(stack, side.place, "load_with_ready.py")

    def run() -> Timed:
        with side.place.database() as fresh:
            params = fresh.params
            answer = worker.answer(params.host, params.port, params.user, params.dbname, str(orders))
        return Timed(answer["seconds"], answer["result"])

    return Way(run, lambda: tree(worker.pid))


def gate(side: Side, stack: ExitStack, orders: Path) -> Way:
    """The checks of the delivered configs on what is staged, in one process with dbt's manifest kept."""
    fresh = stack.enter_context(side.place.database())
    place = replace(side.place, params=fresh.params)
    side.ready(place, "load", "--quiet", str(orders))
    side.ready(place, "dbt", "--quiet", "run", "--select", "orders_parsed")
    worker = side.worker(stack, place, "gate_of_configs.py")
    return Way(lambda: json.dumps(worker.run(), sort_keys=True), lambda: tree(worker.pid))


def run(side: Side, stack: ExitStack, orders: Path) -> Way:
    """`ready run` on an empty database, as it is typed."""

    def timed() -> Timed:
        with side.place.database() as fresh:
            started = time.perf_counter()
            side.ready(fresh, "run", "--full-refresh", "--data", str(orders.parent))
            seconds = time.perf_counter() - started
            (rows,) = fresh.execute("select count(*), count(split) from feats.customer_training_set")
        return Timed(seconds, rows)

    return Way(timed)


def parse(side: Side, stack: ExitStack, orders: Path) -> Way:
    """`dbt parse` without what an earlier one has kept; it needs no orders."""
    fresh = stack.enter_context(side.place.database())
    place = replace(side.place, params=fresh.params)
    return Way(lambda: _timed(lambda: side.dbt(place, "--quiet", "parse", "--no-partial-parse")))


def again(side: Side, stack: ExitStack, orders: Path) -> Way:
    """`dbt build` after a run of the same orders, so that nothing is new, with the parsed project kept."""
    fresh = stack.enter_context(side.place.database())
    place = replace(side.place, params=fresh.params)
    side.ready(place, "run", "--data", str(orders.parent))
    side.dbt(place, "--quiet", "build", "--partial-parse")
    return Way(lambda: _timed(lambda: side.dbt(place, "--quiet", "build", "--partial-parse")))


def _timed(action: Callable[[], None]) -> Timed:
    started = time.perf_counter()
    action()
    return Timed(time.perf_counter() - started, None)


PARTS = {"load": load, "gate": gate, "run": run, "parse": parse, "again": again}


if __name__ == "__main__":
    main()
