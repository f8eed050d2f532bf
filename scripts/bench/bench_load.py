"""How fast the loader is, against one COPY of ready-made JSON into the same table.

Starts a server of its own in a temporary folder. Every figure is the median of `--repeat` runs,
taken in turn, so that a busy machine slows all alike. Figures of different machines do not compare;
the ratios do. dlt is installed into a virtual environment of its own; DuckDB and Polars take part where
they are installed.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from peers import peer_python
from readers import readers

from loader import ensure_raw_schema
from loader.copy import EVENTS
from ready.postgres import embedded
from ready.postgres.connection import ConnectionParams

HERE = Path(__file__).parent
FILES = 8
DLT = ("dlt[postgres]>=1.20,<2", "pyarrow")
DLT_READER = "dlt, Arrow reader"
TARGETS = {"one file": 0.95, "eight files": 1.3}
# Runs in a process of its own, so that its memory can be told.
LOAD = """
import json, re, sys, time
from loader import load_files
from ready.postgres.connection import ConnectionParams
host, port, user, dbname, *paths = sys.argv[1:]
started = time.perf_counter()
summary = load_files(ConnectionParams(host, int(port), user, dbname).connect, paths)
took = time.perf_counter() - started
peak = int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(json.dumps([took, summary.rows_loaded, peak]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--repeat", type=int, default=3, metavar="N")
    options = parser.parse_args()
    peer_python("dlt", *DLT)  # what fails for want of a network should fail at once
    with tempfile.TemporaryDirectory() as scratch, server(Path(scratch) / "home") as params:
        Bench(params, Path(scratch), options.rows, options.repeat).run()


@contextlib.contextmanager
def server(home: Path) -> Iterator[ConnectionParams]:
    try:
        yield embedded.start(home)
    finally:
        embedded.reset(home)


class Bench:
    """Makes the files, times each way, prints the table."""

    def __init__(self, params: ConnectionParams, folder: Path, rows: int, repeat: int) -> None:
        self.params = params
        self.rows = rows
        self.repeat = repeat
        self.one = folder / "one.csv"
        self.quoted = folder / "quoted.csv"
        self.gz = folder / "one.csv.gz"
        self.eight = folder / "eight"
        self.ready = folder / "ready.txt"
        self._make_files()

    def run(self) -> None:
        ways = {
            "COPY of ready-made JSON": lambda: self._copy_ready(),
            "one file": lambda: self._load(self.one),
            "eight files": lambda: self._load(self.eight),
            "one file, gzip": lambda: self._load(self.gz),
            "one file, all quoted": lambda: self._load(self.quoted),
            DLT_READER: lambda: self._dlt(),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        memory: dict[str, float] = {}
        for _ in range(self.repeat):
            for name, way in ways.items():
                took, peak = way()
                seconds[name].append(took)
                memory[name] = max(peak, memory.get(name, 0))
        self._print({name: statistics.median(took) for name, took in seconds.items()}, memory)
        self._print_readers()

    def _make_files(self) -> None:
        generate = [sys.executable, str(HERE.parent / "generate_orders.py"), "--rows", str(self.rows)]
        subprocess.run([*generate, "--seed", "1", "--out", str(self.one)], check=True)
        with self.one.open(encoding="utf-8") as file:
            header, *lines = file.readlines()
        # The eighth column of the measurements that the targets come from.
        header, lines = _widened(header, "country"), [_widened(line, "DE") for line in lines]
        self.one.write_text(header + "".join(lines), encoding="utf-8")
        self.gz.write_bytes(gzip.compress(self.one.read_bytes(), 6))
        quoted = ('"' + line[:-1].replace(",", '","') + '"\n' for line in (header, *lines))
        self.quoted.write_text("".join(quoted), encoding="utf-8")
        self.eight.mkdir()
        for number in range(FILES):
            part = header + "".join(lines[number::FILES])
            (self.eight / f"{number}.csv").write_text(part, encoding="utf-8")
        with self.ready.open("wb") as out:
            out.writelines(readers()["csv_orjson"](self.one))

    def _copy_ready(self) -> tuple[float, float]:
        with self._database() as params, contextlib.closing(params.connect()) as connection:
            ensure_raw_schema(connection)
            started = time.perf_counter()
            with connection, connection.cursor() as cursor, self.ready.open("rb") as file:
                cursor.copy_expert(EVENTS, file, 1 << 20)
            return time.perf_counter() - started, 0

    def _load(self, path: Path) -> tuple[float, float]:
        with self._database() as params:
            arguments = [params.host, str(params.port), params.user, params.dbname, str(path)]
            done = subprocess.run([sys.executable, "-c", LOAD, *arguments], check=True, capture_output=True)
        took, rows, peak = json.loads(done.stdout)
        if rows != self.rows:
            sys.exit(f"{path.name}: {rows} of {self.rows} rows loaded")
        return took, peak

    def _dlt(self) -> tuple[float, float]:
        with self._database() as params:
            arguments = [params.host, str(params.port), params.user, params.dbname, str(self.one)]
            script = str(HERE / "with_dlt.py")
            done = subprocess.run(
                [peer_python("dlt", *DLT), script, *arguments], check=True, capture_output=True
            )
        took, peak = json.loads(done.stdout.splitlines()[-1])
        return took, peak

    @contextlib.contextmanager
    def _database(self) -> Iterator[ConnectionParams]:
        """A fresh one for each run: no table is larger for one way than for another."""
        name = f"bench_{uuid.uuid4().hex[:8]}"
        self._administer(f"create database {name}")
        yield replace(self.params, dbname=name)
        self._administer(f"drop database {name} with (force)")
        self._administer("checkpoint")

    def _administer(self, statement: str) -> None:
        with contextlib.closing(self.params.connect()) as connection:
            connection.autocommit = True
            connection.cursor().execute(statement)

    def _print(self, seconds: dict[str, float], memory: dict[str, float]) -> None:
        base = seconds["COPY of ready-made JSON"]
        print(f"{self.rows:,} rows of 8 columns, {os.cpu_count()} cores, median of {self.repeat}\n")
        print(f"{'':<26}{'seconds':>9}{'rows/s':>11}{'ratio':>8}{'target':>8}{'MB':>6}")
        for name, took in seconds.items():
            target = TARGETS.get(name, "")
            peak = f"{memory[name]:.0f}" if memory[name] else ""
            print(f"{name:<26}{took:>9.2f}{self.rows / took:>11,.0f}{base / took:>8.2f}{target:>8}{peak:>6}")
        print(f"\none file against dlt: {seconds[DLT_READER] / seconds['one file']:.1f} times (target 4)")

    def _print_readers(self) -> None:
        """CPU of reading alone: what competes with the server for the cores."""
        print(f"\n{'reading alone':<26}{'CPU s/million':>15}")
        for name, reader in readers().items():
            started = time.process_time()
            for _ in reader(self.one):
                pass
            print(f"{name:<26}{(time.process_time() - started) / self.rows * 1e6:>15.2f}")


def _widened(line: str, value: str) -> str:
    return f"{line.rstrip()},{value}\n"


if __name__ == "__main__":
    main()
