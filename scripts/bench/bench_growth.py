"""How time and memory grow with the orders, the windows and the number of files.

Targets: an exponent of at most 1.05 from a tenth of --rows to all of them, Python below 500 MB.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from shutil import copy
from typing import Any

import yaml
from compare import Ratio, Timed, Way, growth, measure, summary
from memory import tree
from report import publish
from scratch import HERE, PROJECT, Scratch, arguments, scratch
from worker import Worker

SHARES = (0.1, 0.2, 0.5, 1)
WINDOWS = (7, 14, 21, 30, 45, 60, 75, 90)
FEATURES = ("run", "--full-refresh", "--select", "feature_times", "customer_features")
DAYS = 305
ONE, DAILY = "ours, one file", f"ours, {DAYS} daily files"


def main() -> None:
    options = arguments(__doc__, rows=300_000, rounds=1)
    with scratch() as place, ExitStack() as stack:
        compared = [
            by_orders(place, options.rows, options.rounds),
            by_windows(place, stack, options.rows // 5, options.rounds),
            by_files(place, stack, options.rows // 5, options.rounds),
        ]
    publish("growth", compared)


def by_orders(place: Scratch, rows: int, rounds: int) -> dict[str, Any]:
    """The whole way at growing sizes, each from an empty database; orders a customer stay as many."""
    sizes = [int(rows * share) for share in SHARES]
    ways = {f"ours, {size:,} orders": Way(_whole_way(place, size)) for size in sizes}
    measured = measure(ways, rounds, server=place.server, warm_up=False)
    return growth(sizes, summary("the whole way, growing", rows, measured, {}), "orders")


def _whole_way(place: Scratch, size: int) -> Any:
    file = place.orders(f"{size} orders", size)

    def run() -> Timed:
        with place.database() as fresh:
            started = time.perf_counter()
            fresh.python("-m", "ready", "run", "--data", str(file.parent))
            return Timed(time.perf_counter() - started, None)

    return run


def by_windows(place: Scratch, stack: ExitStack, rows: int, rounds: int) -> dict[str, Any]:
    """The features alone with 1 to 8 windows, none longer than 90 days."""
    file = place.orders("windows", rows)
    place.python("-m", "ready", "run", "--data", str(file.parent))
    numbers = [1, 2, 4, 8]
    ways = {f"ours, {n} windows": _features(place, stack, WINDOWS[len(WINDOWS) - n :]) for n in numbers}
    measured = measure(ways, rounds, server=place.server)
    return growth(numbers, summary("features by windows", rows, measured, {}), "windows")


def _features(place: Scratch, stack: ExitStack, windows: tuple[int, ...]) -> Way:
    own = replace(place, configs=place.folder / f"{len(windows)} windows")
    own.configs.mkdir()
    for name in ("orders.yaml", "expectations.yaml"):
        copy(PROJECT / "configs" / name, own.configs)
    content = yaml.safe_load((PROJECT / "configs" / "features.yaml").read_text(encoding="utf-8"))
    for model in content["models"]:
        model.pop("columns", None)  # they describe the windows that were there
        model.pop("data_tests", None)
    content["models"][0]["config"]["meta"]["ready_windows"] = list(windows)
    (own.configs / "features.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return _asked(_worker(own, stack, "with_dbt.py"), *FEATURES)


def by_files(place: Scratch, stack: ExitStack, rows: int, rounds: int) -> dict[str, Any]:
    """Loading the same rows as one file and as a file a day."""
    file = place.orders("files", rows)
    header, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    daily = place.folder / "daily"
    daily.mkdir()
    for day in range(DAYS):
        part = "".join(lines[len(lines) * day // DAYS : len(lines) * (day + 1) // DAYS])
        (daily / f"orders_{day:03d}.csv").write_text(header + part, encoding="utf-8")
    worker = _worker(place, stack, "load_with_ready.py")
    ways = {ONE: _loaded(place, worker, file), DAILY: _loaded(place, worker, daily)}
    measured = measure(ways, rounds, server=place.server)
    return summary("loading by files", rows, measured, {"daily files / one file": Ratio(DAILY, ONE)})


def _loaded(place: Scratch, worker: Worker, path: Path) -> Way:
    def run() -> Timed:
        with place.database() as fresh:
            server = fresh.params
            answer = worker.answer(server.host, server.port, server.user, server.dbname, str(path))
        return Timed(answer["seconds"], answer["result"])

    return Way(run, lambda: tree(worker.pid))


def _asked(worker: Worker, *arguments: str) -> Way:
    return Way(lambda: Timed(worker.answer(*arguments)["seconds"], None), lambda: tree(worker.pid))


def _worker(place: Scratch, stack: ExitStack, script: str) -> Worker:
    own = f"{place.configs.name} {script}"
    command = [sys.executable, str(HERE / script)]
    worker = Worker(command, place.environ(f"target {own}"), place.folder / f"{own}.log")
    stack.callback(worker.close)
    return worker


if __name__ == "__main__":
    main()
