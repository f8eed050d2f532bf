"""How fast the gate is: against SQL by hand, against Great Expectations, and with five times the rules.

Starts a server of its own in a temporary folder. Each round runs every way once, in turn, so that a
busy machine slows all alike, and each ratio is taken within a round. Seconds of different machines do
not compare; the ratios do. Great Expectations is installed into a virtual environment of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

from bench_load import server
from gate_rules import EIGHT, forty, write_expectations
from peers import OUT, peer_python
from worker import Worker

from ready.environment import environment
from ready.postgres.connection import ConnectionParams
from ready.postgres.tuning import machine_memory
from ready.settings import Settings

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
GX = ("great-expectations>=1.4,<2", "sqlalchemy", "psycopg2-binary")
HAND, OURS, OTHER, FORTY = (
    "SQL by hand, 8 rules",
    "ours, 8 rules",
    "Great Expectations, 8 rules",
    "ours, 40 rules",
)
# Ratio -> (what is divided, by what, at most).
RATIOS = {
    "ours / by hand": (OURS, HAND, 1.5),
    "ours / Great Expectations": (OURS, OTHER, 0.4),
    "40 rules / 8 rules": (FORTY, OURS, 2.5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=5_000_000, metavar="N")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="rounds that count (default 3)")
    options = parser.parse_args()
    gx_python()  # what fails for want of a network should fail at once
    with tempfile.TemporaryDirectory() as scratch, server(Path(scratch) / "home") as params:
        bench = Bench(Path(scratch), params)
        bench.prepare(options.rows)
        rounds = bench.measure(options.repeat)
    figures = summary(rounds, options.rows)
    report(figures)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "gate.json").write_text(json.dumps(figures, indent=2) + "\n")


@dataclass(frozen=True)
class Bench:
    """folder: scratch, with the server's home."""

    folder: Path
    params: ConnectionParams

    def prepare(self, rows: int) -> None:
        """The typed rows, with the faults of --dirty, and a configs folder for each number of rules."""
        for name, rules in (("eight", EIGHT), ("forty", forty())):
            (self.folder / name).mkdir()
            for file in ("orders.yaml", "features.yaml"):
                copy(PROJECT / "configs" / file, self.folder / name)
            write_expectations(rules, self.folder / name)
        data = self.folder / "data"
        data.mkdir()
        generate = [str(HERE.parent / "generate_orders.py"), "--rows", str(rows), "--seed", "1", "--dirty"]
        self._python(*generate, "--out", str(data / "orders.csv"))
        self._python("-m", "ready", "load", "--quiet", str(data))
        self._python("-m", "ready", "dbt", "--quiet", "run", "--select", "orders_parsed")

    def measure(self, repeat: int) -> list[dict[str, Any]]:
        """Each round's answers by way. The verdicts must agree; a first round warms up and does not count."""
        with self._workers() as workers:
            rounds = [{name: worker.run() for name, worker in workers.items()} for _ in range(repeat + 1)]
        for answers in rounds:
            agree({name: answer["result"] for name, answer in answers.items()})
        return rounds[1:]

    @contextmanager
    def _workers(self) -> Iterator[dict[str, Worker]]:
        ours = [sys.executable, str(HERE / "gate_with_dbt.py")]
        ways = {
            HAND: ([sys.executable, str(HERE / "gate_with_sql.py")], "eight"),
            OURS: (ours, "eight"),
            OTHER: ([gx_python(), str(HERE / "gate_with_gx.py")], "eight"),
            FORTY: (ours, "forty"),
        }
        workers = {
            name: Worker(command, self._environ(configs, name), self.folder / f"{number}.log")
            for number, (name, (command, configs)) in enumerate(ways.items())
        }
        try:
            yield workers
        finally:
            for worker in workers.values():
                worker.close()

    def _environ(self, configs: str, name: str = "") -> dict[str, str]:
        settings = Settings.resolve(home=str(self.folder / "home"), configs=str(self.folder / configs))
        own = {
            "DBT_TARGET_PATH": str(self.folder / f"target {name}"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        return {**os.environ, **environment(settings, self.params), **own}

    def _python(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], check=True, cwd=PROJECT, env=self._environ("eight"))


def agree(results: dict[str, dict[str, int]]) -> None:
    """Every way must count the same failures for the eight rules."""
    for name, counts in results.items():
        for rule in EIGHT:
            if counts[rule] != results[HAND][rule]:
                sys.exit(f"{rule}: {name} counts {counts[rule]}, by hand it is {results[HAND][rule]}")


def gx_python() -> str:
    return peer_python("gx", *GX)


def summary(rounds: list[dict[str, Any]], rows: int) -> dict[str, Any]:
    """What is printed and kept: spread of seconds and ratios, peak memory of each way's process, machine."""
    ways = list(rounds[0])
    return {
        "rows": rows,
        "rounds": len(rounds),
        "failures": rounds[0][HAND]["result"],
        "seconds": {way: _spread([answers[way]["seconds"] for answers in rounds]) for way in ways},
        "peak_mb": {way: round(max(answers[way]["peak_mb"] for answers in rounds)) for way in ways},
        "ratios": {
            name: {**_spread([a[upper]["seconds"] / a[lower]["seconds"] for a in rounds]), "target": target}
            for name, (upper, lower, target) in RATIOS.items()
        },
        "machine": {
            "cores": os.cpu_count(),
            "memory_gb": round(machine_memory() / 1e9),
            "load_average": os.getloadavg()[0],
            "system": platform.platform(),
            "python": platform.python_version(),
        },
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def report(figures: dict[str, Any]) -> None:
    machine = figures["machine"]
    print(f"{figures['rows']:,} rows, {figures['rounds']} rounds, {machine['cores']} cores, "
          f"{machine['memory_gb']} GB, load {machine['load_average']:.1f}\n")  # fmt: skip
    print(f"{'seconds':<30}{'median':>9}{'min':>9}{'max':>9}{'peak MB':>9}")
    for way, spread in figures["seconds"].items():
        print(f"{way:<30}{_cells(spread)}{figures['peak_mb'][way]:>9}")
    print(f"\n{'ratio':<30}{'median':>9}{'min':>9}{'max':>9}{'target':>9}")
    for name, spread in figures["ratios"].items():
        print(f"{name:<30}{_cells(spread)}{spread['target']:>9}")


def _cells(spread: dict[str, float]) -> str:
    return "".join(f"{spread[key]:>9.2f}" for key in ("median", "min", "max"))


if __name__ == "__main__":
    main()
