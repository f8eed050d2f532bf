"""kill -9 at any moment, the same command again: each record is there once."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest
from raw_tables import content, rows, write

from loader import LoadOptions, load_files
from ready.postgres import embedded
from ready.postgres.connection import ConnectionParams

LOAD = """
import sys
from loader import LoadOptions, ServerError, load_files
from ready.errors import MachineError
from ready.postgres.connection import ConnectionParams
host, port, user, dbname, folder, source = sys.argv[1:]
print("begins", flush=True)
try:
    load_files(ConnectionParams(host, int(port), user, dbname).connect, [folder], LoadOptions(source=source))
except (ServerError, MachineError) as error:
    sys.exit(error.exit_code)
"""
FILES, ROWS = 4, 6_000
WHOLE = """
select file_name, (select count(*) from raw.raw_events e where e.load_id = l.load_id)
from raw.loads l where source = %s order by load_id
"""
THOROUGH = pytest.mark.thorough


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {
        f"{number}.csv": "id,note\n" + "".join(f"{number}-{i},text {i}\n" for i in range(ROWS)) + "ragged\n"
        for number in range(FILES)
    }
    return write(tmp_path_factory.mktemp("data"), files)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Of a server that a test may kill."""
    folder = tmp_path / "home"
    embedded.start(folder)
    yield folder
    embedded.reset(folder)


@contextlib.contextmanager
def loading(params: ConnectionParams, folder: Path, source: str) -> Iterator[subprocess.Popen[str]]:
    """A process that begins to load; it is dead afterwards."""
    arguments = [*map(str, astuple(params)[:4]), str(folder), source]
    process = subprocess.Popen(
        [sys.executable, "-c", LOAD, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "begins\n"
        yield process
    finally:
        process.kill()
        process.wait()


def load_undisturbed(params: ConnectionParams, folder: Path) -> float:
    """Seconds it took."""
    started = time.monotonic()
    load_files(params.connect, [folder], LoadOptions(source="undisturbed"))
    return time.monotonic() - started


def check(params: ConnectionParams, folder: Path, source: str) -> None:
    """After a kill the files that are in are whole, and the first ones; then load again."""
    loaded = rows(params, WHOLE, source)
    assert loaded == [(f"{number}.csv", ROWS) for number in range(len(loaded))]
    load_files(params.connect, [folder], LoadOptions(source=source))
    assert content(params, source) == content(params, "undisturbed")
    for table, column in (("raw_events", "rows_loaded"), ("rejected_rows", "rows_rejected")):
        counts = f"select (select count(*) from raw.{table}), (select sum({column}) from raw.loads)"
        assert len(set(rows(params, counts)[0])) == 1


@pytest.mark.parametrize("kills", [8, pytest.param(30, marks=THOROUGH)])
def test_the_loader_is_killed(kills: int, database: ConnectionParams, folder: Path) -> None:
    duration = load_undisturbed(database, folder)
    for number in range(kills):
        source = f"kill {number}"
        with loading(database, folder, source):
            time.sleep(random.uniform(0, 1.2 * duration))
        check(database, folder, source)


@pytest.mark.parametrize("kills", [3, pytest.param(6, marks=THOROUGH)])
def test_the_server_is_killed(kills: int, home: Path, folder: Path) -> None:
    params = embedded.start(home)
    duration = load_undisturbed(params, folder)
    for number in range(kills):
        source = f"kill {number}"
        with loading(params, folder, source) as process:
            time.sleep(random.uniform(0.2, 1.0) * duration)
            pid = embedded.status(home).pid
            assert pid
            os.kill(pid, signal.SIGKILL)
            _, noise = process.communicate()
            assert (noise, process.returncode in (0, 3)) == ("", True)
        embedded.start(home)
        check(params, folder, source)
