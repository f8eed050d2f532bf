"""Nobody else gets into the embedded server, and no password gets out of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from conftest import PROJECT, RunReady
from warehouse import Warehouse

from ready.postgres import embedded
from ready.postgres.cluster import Cluster
from ready.postgres.connection import ConnectionParams
from ready.postgres.roles import READER

STRANGER = 54321
SECRET = "distinctive-9f2c-Password"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which only root can")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def home(port: int) -> Iterator[Path]:
    """A server with a port, in a folder that every user can enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    home = folder / "home"
    home.mkdir()
    (home / "pgpass").write_text(f"127.0.0.1:1:*:ready:{SECRET}\n", encoding="ascii")
    embedded.start(home, tcp_port=port)
    yield home
    embedded.reset(home)
    shutil.rmtree(folder)


def over_tcp(port: int, user: str, password: str | None = None) -> ConnectionParams:
    return ConnectionParams("127.0.0.1", port, user, "ready", password)


def passwords(home: Path) -> dict[str, str]:
    lines = (home / "pgpass").read_text(encoding="ascii").splitlines()
    return {line.split(":")[3]: line.split(":")[4] for line in lines}


def connects(params: ConnectionParams) -> None:
    psycopg2.connect(
        host=params.host,
        port=params.port,
        user=params.user,
        dbname=params.dbname,
        password=params.password or "",
    ).close()


def as_stranger(action: Callable[[], object]) -> str:
    """The name of the exception that the action ends in when another user of the machine tries it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(STRANGER)
            os.setuid(STRANGER)
            action()
            outcome = "it worked"
        except BaseException as error:
            outcome = f"{type(error).__name__}: {error}"
        os.write(writing, outcome.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        outcome = pipe.read()
    os.waitpid(child, 0)
    return outcome


def test_the_socket_s_folder_and_the_passwords_are_their_owner_s_alone(home: Path) -> None:
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (Cluster(home).socket_folder, home / "pgpass")]
    assert modes == [0o700, 0o600]


@needs_root
def test_another_user_gets_in_by_no_way(home: Path, port: int) -> None:
    assert as_stranger(lambda: home.stat()) == "it worked", "the folder above is no help"
    by_socket = as_stranger(lambda: connects(Cluster(home).params))
    assert "OperationalError" in by_socket
    assert "Permission denied" in by_socket
    assert "no password supplied" in as_stranger(lambda: connects(over_tcp(port, "ready")))
    guess = as_stranger(lambda: connects(over_tcp(port, "ready", "guess")))
    assert "password authentication failed" in guess
    assert "PermissionError" in as_stranger(lambda: passwords(home))
    assert "PermissionError" in as_stranger(lambda: list((home / "postgres" / "data").iterdir()))
    connects(Cluster(home).params)


def test_the_port_asks_for_a_generated_password_of_each_user(home: Path, port: int) -> None:
    held = passwords(home)
    assert held["ready"] == SECRET, "kept from before"
    assert len(held[READER]) >= 32
    for user, password in held.items():
        connects(over_tcp(port, user, password))
        with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
            connects(over_tcp(port, user, password + "x"))
    with pytest.raises(psycopg2.OperationalError):
        connects(over_tcp(port, "ready_builder", held[READER]))


def test_the_port_is_there_only_while_it_is_asked_for(run_ready: RunReady) -> None:
    port = free_port()
    run_ready("db", "start")
    opened = run_ready("db", "start", "--tcp", "--port", str(port))
    assert f"127.0.0.1:{port}" in opened.stdout, opened.stderr
    assert f"tcp        127.0.0.1:{port}" in run_ready("db", "status").stdout
    assert run_ready("db", "psql", "-Atc", "select 1").stdout == "1\n", "by the socket, as ever"

    run_ready("db", "stop")
    run_ready("db", "start")

    assert "tcp" not in run_ready("db", "status").stdout
    with pytest.raises(psycopg2.OperationalError, match="refused"):
        connects(over_tcp(port, "ready", "x"))


def test_a_port_that_is_taken_is_one_message(run_ready: RunReady) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run_ready("db", "start", "--tcp", "--port", str(other.getsockname()[1]))
    assert done.returncode == 3
    assert "Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


@contextlib.contextmanager
def watching_processes(found: list[str]) -> Iterator[None]:
    """Collects the command lines in which SECRET stands."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.1):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    line = file.read_bytes()
                    if SECRET.encode() in line:
                        found.append(line.decode(errors="replace"))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_password_is_nowhere_to_be_read(home: Path, port: int, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, over_tcp(port, "ready", SECRET))
    seen: list[str] = []
    with watching_processes(seen):
        calls = [
            warehouse.ready("run", "--data", PROJECT / "data" / "raw"),
            warehouse.ready("docs", "--no-serve"),
            replace(warehouse, database=over_tcp(port, "ready", f"{SECRET}-wrong")).ready("db", "start"),
        ]
    assert [call.returncode for call in calls] == [0, 0, 3], calls
    assert seen == []
    assert not any(SECRET in call.stdout + call.stderr for call in calls)
    files = [
        path for path in [*tmp_path.rglob("*"), *(home / "postgres").glob("server.log*")] if path.is_file()
    ]
    assert {"dbt.log", "manifest.json", "index.html", "server.log"} <= {path.name for path in files}
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
