"""Two commands on one database: the second waits for the first, or gives up when it is told to."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2.extensions
import pytest
from warehouse import Warehouse

from ready.locks import LockTimeout, take_run_lock
from ready.postgres.connection import ConnectionParams

HOLD = """
import sys
from ready.locks import take_run_lock
from ready.postgres.connection import ConnectionParams
host, port, user, dbname = sys.argv[1:]
connection = ConnectionParams(host, int(port), user, dbname).connect()
take_run_lock(connection, print)
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def another_run(database: ConnectionParams) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the run lock until it ends."""
    where = [database.host, str(database.port), database.user, database.dbname]
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, *where], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_run_gives_up_and_names_the_holder(database: ConnectionParams, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, database)
    with another_run(database) as holder:
        done = warehouse.ready("run", "--lock-timeout", "0.3")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert f"another run (ready, process {holder.pid} on " in done.stderr
    assert "still at work on this database after 0.3 s" in done.stderr
    assert "--lock-timeout" in done.stderr
    assert warehouse.value("select count(*) from raw.loads") == 0, "nothing was done"
    assert not (warehouse.artifacts / "reports/validation_report.json").exists(), (
        "it is the holder's to write"
    )


def test_a_waiting_run_goes_on_when_the_holder_is_killed(database: ConnectionParams) -> None:
    with contextlib.closing(database.connect()) as connection, another_run(database) as holder:
        said = []

        def say(title: str, detail: str) -> None:
            said.append((title, detail))
            os.kill(holder.pid, signal.SIGKILL)

        take_run_lock(connection, say)
    assert [title for title, _ in said] == ["Wait"]
    assert f"process {holder.pid}" in said[0][1]


def test_a_lock_of_another_database_is_no_holder(
    database: ConnectionParams, server: ConnectionParams
) -> None:
    with (
        contextlib.closing(server.connect()) as elsewhere,
        contextlib.closing(database.connect()) as connection,
    ):
        said: list[str] = []
        take_run_lock(elsewhere, lambda *words: said.extend(words), timeout=0)
        take_run_lock(connection, lambda *words: said.extend(words), timeout=0)
    assert said == []


def test_whom_the_server_does_not_name_is_another_run(database: ConnectionParams) -> None:
    """A plain user is told little of the sessions of others."""
    guest = f"guest_{database.dbname}"
    with contextlib.closing(database.connect()) as connection, _role(connection, guest):
        take_run_lock(connection, _silent, timeout=0)
        with contextlib.closing(database.connect()) as other:
            with other, other.cursor() as cursor:
                cursor.execute(f"set session authorization {guest}")
            with pytest.raises(LockTimeout, match=r"^another run is still at work"):
                take_run_lock(other, _silent, timeout=0)


@contextlib.contextmanager
def _role(connection: psycopg2.extensions.connection, name: str) -> Iterator[None]:
    with connection, connection.cursor() as cursor:
        cursor.execute(f"create role {name}")
    yield
    with connection, connection.cursor() as cursor:
        cursor.execute(f"drop role {name}")


def _silent(title: str, detail: str) -> None: ...
