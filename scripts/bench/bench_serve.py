"""How fast the features of one customer are served: customer_features_at, and Feast's online stores.

Feast is installed into a virtual environment of its own; its Redis store is asked where redis-server is
installed. It serves the rows of the last feature time, which are materialized before; ours are computed at
that instant from the orders. Both must agree.
"""

from __future__ import annotations

import contextlib
import math
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from typing import Any

from bench_features import FEATURES, MONTHS
from compare import spread
from peers import peer_python
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from report import publish
from scratch import HERE, Scratch, arguments, scratch
from worker import Worker

from ready.postgres.connection import ConnectionParams

FEAST = ("feast[redis]>=0.67,<0.68",)
CALLS = 2_000
BATCH = 50
"""Calls of one way before the next has its turn: what else the machine does slows all of them."""
CLIENTS, SECONDS = 8, 3.0
ASK = "select {columns} from feats.customer_features_at($1, $2)"
OURS = "customer_features_at, psycopg2"
NOTHING = "a prepared select 1, psycopg2"
"""What asking a server at all costs here: the time it takes to wake two processes in turn."""

Way = Callable[[list[str]], tuple[list[float], float | None]]
"""Of customers: the seconds of each call, and the sum of all features or None."""


def main() -> None:
    options = arguments(__doc__, rows=200_000)
    feast_python = peer_python("feast-online", *FEAST)
    with scratch() as place, ExitStack() as stack:
        orders = place.orders("data", options.rows, "--months", MONTHS)
        place.python("-m", "ready", "run", "--data", str(orders.parent))
        ((at,),) = place.execute("select max(feature_time)::text from feats.customer_features")
        held = "select customer_id from feats.customer_features where feature_time = timestamptz"
        customers = [row[0] for row in place.execute(f"{held} '{at}' order by md5(customer_id)")]
        asked = random.Random(1).choices(customers, k=CALLS)
        columns = ", ".join(f"cast({name} as double precision)" for name in FEATURES)
        source = f"select customer_id, feature_time as event_timestamp, {columns}"
        file = place.folder / "features.csv"
        place.copy_out(f"{source} from feats.customer_features where feature_time = timestamptz '{at}'", file)
        environ = place.environ()
        cursor = stack.enter_context(contextlib.closing(connected(place.params))).cursor()
        ways: dict[str, Way] = {
            OURS: lambda batch: ours(cursor, batch, at),
            NOTHING: lambda batch: (nothing(cursor, batch), None),
        }
        for store, address in stores(place, stack):
            worker = Worker(
                [feast_python, str(HERE / "features_online_with_feast.py"), str(file), store, address],
                environ,
                place.folder / f"feast-{store}.log",
            )
            stack.callback(worker.close)
            ways[f"Feast, {store}"] = lambda batch, worker=worker: worker.run(batch, FEATURES)
        rounds = [asked_in_turns(ways, asked) for _ in range(options.rounds + 1)]
        latencies = {name: [taken[name] for taken in rounds] for name in ways}
        one, many = throughput(place.params, asked, at, 1), throughput(place.params, asked, at, CLIENTS)
    publish("serve", [summary(latencies, options.rows, one, many)], chart=False)


def asked_in_turns(ways: Mapping[str, Way], asked: list[str]) -> dict[str, list[float]]:
    """Seconds of each call, by way; exits where the sums of the features do not agree."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for start in range(0, len(asked), BATCH):
        sums = {}
        for name, run in ways.items():
            seconds, total = run(asked[start : start + BATCH])
            taken[name].extend(seconds)
            if total is not None:
                sums[name] = total
        if not all(math.isclose(total, sums[OURS], rel_tol=1e-9) for total in sums.values()):
            sys.exit(f"no agreement, so nothing is timed: {sums}")
    return taken


def ours(cursor: Cursor, asked: list[str], at: str) -> tuple[list[float], float]:
    """Seconds of each call, and the sum of all features, to compare."""
    total, taken = 0.0, []
    for customer in asked:
        started = time.perf_counter()
        cursor.execute("execute ask (%s, %s)", (customer, at))
        row = cursor.fetchone()
        taken.append(time.perf_counter() - started)
        total += sum(float(value) for value in row or () if value is not None)
    return taken, total


def nothing(cursor: Cursor, asked: list[str]) -> list[float]:
    """Seconds of as many round trips that ask for nothing."""
    taken = []
    for _ in asked:
        started = time.perf_counter()
        cursor.execute("execute nothing")
        cursor.fetchone()
        taken.append(time.perf_counter() - started)
    return taken


def connected(params: ConnectionParams) -> Connection:
    """Where `ask` and `nothing` are prepared."""
    connection = params.connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"prepare ask (text, timestamptz) as {ASK.format(columns=', '.join(FEATURES))}")
        cursor.execute("prepare nothing as select 1")
    return connection


def throughput(params: ConnectionParams, asked: list[str], at: str, clients: int) -> float:
    """Calls a second of so many processes at once."""
    with ProcessPoolExecutor(clients) as pool:
        counts = pool.map(calls_in_time, [params] * clients, [asked] * clients, [at] * clients)
        return sum(counts) / SECONDS


def calls_in_time(params: ConnectionParams, asked: list[str], at: str) -> int:
    with contextlib.closing(connected(params)) as connection, connection.cursor() as cursor:
        count, end = 0, time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            cursor.execute("execute ask (%s, %s)", (asked[count % len(asked)], at))
            cursor.fetchone()
            count += 1
    return count


def stores(place: Scratch, stack: ExitStack) -> Iterator[tuple[str, str]]:
    """Feast's online stores that can be had here, with where they are."""
    yield "sqlite", str(place.folder / "online.db")
    if program := shutil.which("redis-server"):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        server = subprocess.Popen(
            [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(place.folder)],
            stdout=subprocess.DEVNULL,
        )
        stack.callback(server.wait)
        stack.callback(server.terminate)
        yield "redis", f"127.0.0.1:{port}"
    else:
        print("redis-server is not installed: Feast is asked with SQLite alone", file=sys.stderr)


def summary(latencies: dict[str, list[list[float]]], rows: int, one: float, many: float) -> dict[str, Any]:
    """As the other benchmarks keep it: seconds of a round of calls; p50 and p99 in milliseconds as notes."""
    rounds = {name: taken[1:] for name, taken in latencies.items()}  # the first warms up
    notes: dict[str, Any] = {}
    for name, taken in rounds.items():
        every = sorted(seconds * 1_000 for part in taken for seconds in part)
        notes[f"{name}: p50, p99 ms"] = f"{statistics.median(every):.2f}, {every[len(every) * 99 // 100]:.2f}"
    notes[f"{OURS}: calls a second of 1 client, of {CLIENTS}"] = f"{one:,.0f}, {many:,.0f}"
    medians = {name: [statistics.median(part) for part in taken] for name, taken in rounds.items()}
    stores = [name for name in medians if name.startswith("Feast")]
    faster = min(stores, key=lambda name: statistics.median(medians[name]))
    ratios = [mine / theirs for mine, theirs in zip(medians[OURS], medians[faster], strict=True)]
    return {
        "name": f"features of one customer among {rows:,} orders",
        "rows": CALLS,
        "rounds": len(ratios),
        "seconds": {name: spread([sum(part) for part in taken]) for name, taken in rounds.items()},
        "peak_mb": {name: {} for name in rounds},
        "ratios": {f"p50 of ours / {faster}": {**spread(ratios), "at_most": 0.5}},
        "notes": notes,
    }


if __name__ == "__main__":
    main()
