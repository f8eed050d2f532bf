"""How fast the loader is, against one COPY of ready-made JSON into the same table, and against dlt.

dlt is installed into a virtual environment of its own; DuckDB and Polars take part in reading alone where
they are installed.
"""

from __future__ import annotations

import contextlib
import gzip
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from compare import Ratio, Timed, Way, measure, summary
from memory import tree
from peers import peer_python
from readers import readers
from report import publish
from scratch import HERE, Scratch, arguments, scratch
from worker import Worker

from loader import ensure_raw_schema
from loader.copy import EVENTS

DLT = ("dlt[postgres]>=1.20,<2", "pyarrow")
PARTS = 8
COPY, ONE, EIGHT, OTHER = (
    "COPY of ready-made JSON",
    "ours, one file",
    "ours, eight files",
    "dlt, Arrow reader",
)
GZIP, QUOTED = "ours, one file, gzip", "ours, one file, all quoted"
RATIOS = {
    "one file / COPY": Ratio(ONE, COPY, 1.05),
    "eight files / COPY": Ratio(EIGHT, COPY, 0.77),
    "one file / dlt": Ratio(ONE, OTHER, 0.25),
}


def main() -> None:
    options = arguments(__doc__, rows=300_000)
    peer_python("dlt", *DLT)  # what fails for want of a network should fail at once
    with scratch() as place, ExitStack() as stack:
        files = Files.made(place, options.rows)
        rounds = measure(ways(stack, place, files), options.rounds, server=place.server)
        reading = {f"reading alone, {name}": text for name, text in cpu_of_reading(files.one, options.rows)}
    publish("load", [{**summary("loading", options.rows, rounds, RATIOS), "notes": reading}])


@dataclass(frozen=True)
class Files:
    """The same orders in several shapes; of eight columns, as the targets were measured with."""

    one: Path
    quoted: Path
    gz: Path
    parts: Path
    ready_made: Path

    @classmethod
    def made(cls, place: Scratch, rows: int) -> Files:
        one = place.orders("one", rows)
        folder = one.parent
        files = cls(
            one, folder / "quoted.csv", folder / "one.csv.gz", place.folder / "parts", folder / "copy.txt"
        )
        files._write()
        return files

    def _write(self) -> None:
        with self.one.open(encoding="utf-8") as file:
            header, *lines = file.readlines()
        header, lines = _widened(header, "country"), [_widened(line, "DE") for line in lines]
        self.one.write_text(header + "".join(lines), encoding="utf-8")
        self.gz.write_bytes(gzip.compress(self.one.read_bytes(), 6))
        quoted = ('"' + line[:-1].replace(",", '","') + '"\n' for line in (header, *lines))
        self.quoted.write_text("".join(quoted), encoding="utf-8")
        self.parts.mkdir()
        for number in range(PARTS):
            part = header + "".join(lines[number::PARTS])
            (self.parts / f"{number}.csv").write_text(part, encoding="utf-8")
        with self.ready_made.open("wb") as out:
            out.writelines(readers()["csv_orjson"](self.one))


def ways(stack: ExitStack, place: Scratch, files: Files) -> dict[str, Way]:
    """All must load the same number of rows, each into a database of its own."""
    ours = _worker(stack, place, sys.executable, "load_with_ready.py")
    dlt = _worker(stack, place, peer_python("dlt", *DLT), "load_with_dlt.py")
    return {
        COPY: Way(lambda: _copy(place, files.ready_made), list),
        ONE: _way(ours, place, files.one),
        EIGHT: _way(ours, place, files.parts),
        GZIP: _way(ours, place, files.gz),
        QUOTED: _way(ours, place, files.quoted),
        OTHER: _way(dlt, place, files.one),
    }


def _worker(stack: ExitStack, place: Scratch, python: str, script: str) -> Worker:
    worker = Worker([python, str(HERE / script)], place.environ(), place.folder / f"{script}.log")
    stack.callback(worker.close)
    return worker


def _way(worker: Worker, place: Scratch, path: Path) -> Way:
    def run() -> Timed:
        with place.database() as fresh:
            params = fresh.params
            answer = worker.answer(params.host, params.port, params.user, params.dbname, str(path))
        return Timed(answer["seconds"], answer["result"])

    return Way(run, lambda: tree(worker.pid))


def _copy(place: Scratch, ready_made: Path) -> Timed:
    with place.database() as fresh, contextlib.closing(fresh.params.connect()) as connection:
        ensure_raw_schema(connection)
        started = time.perf_counter()
        with connection, connection.cursor() as cursor, ready_made.open("rb") as file:
            cursor.copy_expert(EVENTS, file, 1 << 20)
        return Timed(time.perf_counter() - started, cursor.rowcount)


def cpu_of_reading(file: Path, rows: int) -> list[tuple[str, str]]:
    """CPU of reading alone: what competes with the server for the cores."""
    spent = []
    for name, reader in readers().items():
        started = time.process_time()
        for _ in reader(file):
            pass
        spent.append((name, f"{(time.process_time() - started) / rows * 1e6:.2f} CPU s/million rows"))
    return spent


def _widened(line: str, value: str) -> str:
    return f"{line.rstrip()},{value}\n"


if __name__ == "__main__":
    main()
