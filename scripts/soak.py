"""Load small daily files one after the other, with a correction every tenth time: nothing may grow.

One process loads them all, as a service would, into a database of its own, and measures after each load its
time, its memory, its open files and its sessions on the server. Every so often the whole way is run as well.
Exit code 1 when the last loads took more than the first ones, or left something open.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from loader import load_files
from ready.postgres import embedded
from ready.postgres.connection import ConnectionParams

PROJECT = Path(__file__).parents[1]
HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel\n"
FIRST_DAY = date(2023, 1, 1)
CORRECTED_EVERY = 10


@dataclass(frozen=True)
class Load:
    """After one load: its seconds, then what is in use. memory: bytes resident in this process."""

    seconds: float
    memory: int
    open_files: int
    server_files: int
    sessions: int


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=500, help="how many to load (%(default)s)")
    parser.add_argument("--rows", type=int, default=40, help="orders a file (%(default)s)")
    parser.add_argument(
        "--run-every", type=int, default=0, help="run the whole way after so many files (never)"
    )
    parser.add_argument("--tolerance", type=float, default=1.3, help="of the last to the first (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ready-soak-") as name, _server(Path(name) / "home") as params:
        loads = list(_load_all(params, Path(name), options))
    return _report(loads, options.tolerance)


@contextlib.contextmanager
def _server(home: Path) -> Iterator[ConnectionParams]:
    yield embedded.start(home)
    embedded.reset(home)


def _load_all(params: ConnectionParams, folder: Path, options: argparse.Namespace) -> Iterator[Load]:
    (folder / "data").mkdir()
    for number in range(1, options.files + 1):
        corrects = number % CORRECTED_EVERY == 0
        day = number - CORRECTED_EVERY // 2 if corrects else number
        file = folder / "data" / f"orders_{FIRST_DAY + timedelta(day)}.csv"
        file.write_text(_orders(day, options.rows, corrected=corrects), encoding="utf-8")
        started = time.monotonic()
        (result,) = load_files(params.connect, [file]).files
        seconds = time.monotonic() - started
        expected = "superseded" if corrects else "loaded"
        assert result.outcome.startswith(expected), result
        yield _measure(params, folder / "home", seconds)
        if options.run_every and number % options.run_every == 0:
            _run(folder, number)


def _orders(day: int, rows: int, *, corrected: bool) -> str:
    """A day's orders; corrected: the same ones with other amounts."""
    rng = random.Random(f"{day} {corrected}")
    lines = [
        f"O{day:04}{row:04},C{rng.randrange(300):04},{FIRST_DAY + timedelta(day)}T{row % 24:02}:00:00Z,"
        f"{rng.randrange(500, 20_000) / 100},EUR,completed,web\n"
        for row in range(rows)
    ]
    return HEADER + "".join(lines)


def _measure(params: ConnectionParams, home: Path, seconds: float) -> Load:
    with contextlib.closing(params.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity "
            "where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        (sessions,) = cursor.fetchone() or (0,)
    pid = embedded.status(home).pid
    return Load(seconds, _resident(), _open_files(os.getpid()), _open_files(pid or 0), sessions)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _run(folder: Path, number: int) -> None:
    """The whole way, in a process of its own."""
    own = {"READY_HOME": str(folder / "home"), "READY_ARTIFACTS": str(folder / "artifacts")}
    started = time.monotonic()
    command = [sys.executable, "-m", "ready", "run", "--quiet", "--data", str(folder / "data")]
    subprocess.run(command, cwd=PROJECT, env={**os.environ, **own}, check=True)
    print(f"after {number:>5} files: ready run took {time.monotonic() - started:.1f} s", flush=True)


def _report(loads: list[Load], tolerance: float) -> int:
    part = min(50, len(loads) // 2)
    first, last = loads[:part], loads[-part:]
    grown = False
    print(f"{len(loads)} loads       first {part:>3}   last {part:>3}   ratio")
    for what, scale in (("seconds", 1), ("memory", 2**20)):
        before, after = (
            statistics.median(getattr(load, what) for load in part) / scale for part in (first, last)
        )
        grown |= after > tolerance * before
        print(
            f"{what + (' (MiB)' if scale > 1 else ''):<14}{before:>10.3f}{after:>11.3f}{after / before:>8.2f}"
        )
    for what in ("open_files", "server_files", "sessions"):
        before, after = (statistics.median(getattr(load, what) for load in part) for part in (first, last))
        grown |= after > before
        print(f"{what.replace('_', ' '):<14}{before:>10.0f}{after:>11.0f}")
    print("something grows" if grown else "nothing grows")
    return int(grown)


if __name__ == "__main__":
    sys.exit(main())
