"""The whole way on Spark: with one worker, with two, on PostgreSQL, and at growing numbers of orders.

--rows is the largest size. What a model takes is from Spark's own event log and the warehouse's files.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare import Ratio, Rounds, Timed, Way, growth, measure, summary
from memory import descendants, tree
from report import publish
from scratch import PROJECT, Scratch, arguments, scratch
from spark_events import BUILT, java_options, work_by_model

from ready.spark import local
from ready.spark.cluster import WORKERS
from ready.spark.connection import SparkParams, fetch
from ready.spark.requirements import free_port

SHARES = (0.1, 0.3, 1)
POSTGRES, ONE, TWO = "PostgreSQL", "ours, one worker", "ours, two workers"
RATIOS = {"two workers / one": Ratio(TWO, ONE), "two workers / PostgreSQL": Ratio(TWO, POSTGRES)}


def main() -> None:
    options = arguments(__doc__, rows=200_000, rounds=1)
    sizes = [int(options.rows * share) for share in SHARES]
    with scratch() as place, cluster(place) as spark:
        data = {size: place.orders(f"{size} orders", size).parent for size in sizes}
        smallest = by_engine(spark, data[sizes[0]], options.rounds)
        compared = [
            summary("the whole way, by engine", sizes[0], smallest, RATIOS),
            by_orders(spark, data, smallest),
        ]
    publish("spark", compared)


def by_engine(spark: Cluster, data: Path, rounds: int) -> Rounds:
    """All must end with the same fingerprint."""

    def on_postgres() -> Timed:
        local.stop(spark.place.home)
        with spark.place.database() as fresh:
            return whole_way(fresh, data)

    ways = {
        POSTGRES: Way(on_postgres, spark.client),
        ONE: Way(lambda: spark.whole_way(data, workers=1), spark.client),
        TWO: Way(lambda: spark.whole_way(data, workers=2), spark.client),
    }
    return measure(ways, rounds, server=spark.server, warm_up=False)


def by_orders(spark: Cluster, data: dict[int, Path], smallest: Rounds) -> dict[str, Any]:
    """Growing sizes on two workers, the smallest as measured; what models took is that of the largest."""

    def way(size: int) -> Way:
        return Way(lambda: Timed(spark.whole_way(data[size], workers=2).seconds, None), spark.client)

    first, *larger = data
    ways = {f"ours, {size:,} orders": way(size) for size in larger}
    measured = measure(ways, len(smallest), server=spark.server, warm_up=False)
    rounds = [
        {f"ours, {first:,} orders": small[TWO], **others}
        for small, others in zip(smallest, measured, strict=True)
    ]
    summed = summary("the whole way on Spark, growing", larger[-1], rounds, {})
    return growth(list(data), {**summed, "notes": spark.taken(larger[-1])}, "orders")


@dataclass(frozen=True)
class Cluster:
    """A local Spark cluster in the home of `place`, which logs its events."""

    place: Scratch
    params: SparkParams

    @property
    def events(self) -> Path:
        return self.place.folder / "events"

    def server(self) -> list[int]:
        """The processes of both servers: Spark's, and PostgreSQL, which idles."""
        roles = local.status(self.place.home, self.params).pids.values()
        return [pid for role in roles for pid in tree(role)] + self.place.server()

    def client(self) -> list[int]:
        """The processes of `ready`: the cluster's are started by this one too."""
        return sorted(set(descendants()) - set(self.server()))

    def whole_way(self, data: Path, *, workers: int) -> Timed:
        """`ready run` on an empty warehouse of a fresh cluster."""
        self.start()
        for role in WORKERS[workers:]:  # `ready run` leaves a cluster that answers as it is
            os.kill(local.status(self.place.home, self.params).pids[role], signal.SIGTERM)
        return whole_way(self.place, data, "--target", "spark", **self.params.env())

    def start(self) -> None:
        local.stop(self.place.home)
        for file in self.events.glob("*"):
            file.unlink()
        os.environ.update(java_options(self.events))
        local.start(self.place.home, self.params)
        del os.environ["JAVA_TOOL_OPTIONS"]
        with contextlib.closing(self.params.connect()) as connection:
            for schema in ("raw", "stg", "feats", "meta"):
                fetch(connection, f"drop database if exists {schema} cascade")

    def taken(self, rows: int) -> dict[str, str]:
        """What each model's build took and holds, and what all else took, per order or million orders."""
        kept = {
            "raw.raw_events": ("raw", "raw_events_log"),
            "meta.dataset_splits": ("meta", "dataset_splits_log"),
        }
        notes = {name: f"{self.stored(*table) / rows:,.1f} bytes an order" for name, table in kept.items()}
        notes["raw.loads"] = f"{self.stored('raw', 'loads_log'):,} bytes a load"
        for name, work in work_by_model(self.events).items():
            took = (
                f"{work.cpu / rows * 1e6:,.1f} CPU s/million orders, shuffled {work.shuffled / rows:,.1f}, "
                f"spilled {work.spilled / rows:,.1f} bytes an order"
            )
            held = f"{self.stored(BUILT[name], name) / rows:,.1f} bytes an order; " if name in BUILT else ""
            notes[f"{BUILT[name]}.{name}" if name in BUILT else name] = held + took
        return notes

    def stored(self, schema: str, name: str) -> int:
        """Bytes of a table's Parquet files."""
        folder = self.place.home / "spark" / "warehouse" / f"{schema}.db"
        builds = [*folder.glob(f"{name}__build_*"), folder / name]
        return sum(file.stat().st_size for build in builds for file in build.rglob("*.parquet"))


def whole_way(place: Scratch, data: Path, *options: str, **env: str) -> Timed:
    """Seconds of `ready run`, and the fingerprint and splits it ends with."""
    command = [sys.executable, "-m", "ready", "run", "--json", "--data", str(data), *options]
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=PROJECT, env={**place.environ(), **env}, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    answer = json.loads(done.stdout)
    return Timed(seconds, (answer["data_hash"], answer["splits"]))


@contextlib.contextmanager
def cluster(place: Scratch) -> Iterator[Cluster]:
    try:
        yield Cluster(place, SparkParams(port=free_port()))
    finally:
        local.stop(place.home)


if __name__ == "__main__":
    main()
