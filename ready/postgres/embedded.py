"""Starts, stops and inspects the embedded PostgreSQL server.

The server outlives the command that started it, so that a later `dbt build` finds it.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import psycopg2.errors

from ready.errors import MachineError
from ready.postgres.cluster import USE_ANOTHER_SERVER, Cluster, remove_tree
from ready.postgres.connection import ConnectionParams
from ready.postgres.passwords import give_passwords
from ready.postgres.roles import create_login_roles
from ready.postgres.tuning import SOCKET_PORT

PATIENCE_SECONDS = 600
FAST_STOP_SECONDS = 60
ORPHANS_SECONDS = 60
NO_PROCESS = str(2**31 - 1)
ANY_BYTES = "latin-1"  # paths in postmaster.pid are bytes of any encoding


@dataclass(frozen=True)
class Status:
    """What `ready db status` shows. `pid` is None when the server is down."""

    pid: int | None
    data: Path
    log: Path
    socket_folder: Path
    tcp_port: int | None

    @property
    def running(self) -> bool:
        return self.pid is not None


def start(home: Path, *, tcp_port: int | None = None) -> ConnectionParams:
    """The embedded server under `home`, created and started when needed. About 5 ms when it is up.

    tcp_port: listen there as well, on the loopback address and with passwords; a running server that
    does not is started again. Raises MachineError, with the server's last log lines, when it does not
    come up.
    """
    cluster = Cluster(home)
    cluster.check_socket_folder()
    if not _serves(cluster, tcp_port):
        with cluster.lock() as lock:
            if not _serves(cluster, tcp_port):
                if tcp_port:
                    _stop(cluster)
                _bring_up(cluster, lock, tcp_port)
                _create_database(cluster)
    if tcp_port:
        with cluster.lock(), closing(cluster.params.connect()) as connection:
            give_passwords(connection, cluster.password_file, tcp_port)
    return cluster.params


def _serves(cluster: Cluster, tcp_port: int | None) -> bool:
    return _answers(cluster.params) and tcp_port in (None, _tcp_port(cluster))


def stop(home: Path) -> bool:
    """Stop the server; open sessions end. False when it was not running."""
    cluster = Cluster(home)
    if not cluster.folder.exists():
        return False
    with cluster.lock():
        return _stop(cluster)


def status(home: Path) -> Status:
    cluster = Cluster(home)
    pid = _postmaster(cluster)
    return Status(
        pid=pid,
        data=cluster.data,
        log=cluster.log,
        socket_folder=cluster.socket_folder,
        tcp_port=_tcp_port(cluster) if pid else None,
    )


def reset(home: Path) -> None:
    """Stop the server and delete its data. Other files under `home` stay."""
    cluster = Cluster(home)
    if not cluster.folder.exists():
        return
    with cluster.lock():
        _stop(cluster, modes=("immediate",))
        cluster.check_socket_folder()
        for folder in (cluster.data, cluster.unfinished_data, cluster.socket_folder):
            remove_tree(folder)
        for file in (cluster.log, cluster.previous_log, cluster.password_file):
            file.unlink(missing_ok=True)


def _bring_up(cluster: Cluster, lock: int, tcp_port: int | None) -> None:
    _wait_while_busy(cluster)
    if _postmaster(cluster) is not None:
        return
    if not cluster.data.exists():
        cluster.create(lock)
    cluster.check_version()
    port = tcp_port or _own_number()
    cluster.write_settings(port, tcp=tcp_port is not None)
    cluster.make_socket_folder(port)
    _clear_number(cluster)
    _start(cluster)


def _own_number() -> int:
    return random.choice([number for number in range(1024, 65536) if number != SOCKET_PORT])


def _start(cluster: Cluster) -> None:
    """Start, and wait until it answers. Crash recovery can take minutes."""
    give_up = time.monotonic() + ORPHANS_SECONDS
    while True:
        if cluster.log.exists():
            cluster.log.replace(cluster.previous_log)
        done = _pg_ctl(cluster, "start", "-l", cluster.log.name)
        if done.returncode == 0:
            return
        # After kill -9 of the main process its children need a moment to notice and end.
        if "is still in use" not in cluster.last_log_lines() or time.monotonic() > give_up:
            raise MachineError(
                f"the embedded PostgreSQL in {cluster.data} does not start. "
                f"The end of its log ({cluster.log}):\n{cluster.last_log_lines()}",
                hint=USE_ANOTHER_SERVER,
            )
        time.sleep(0.2)


def _stop(cluster: Cluster, *, modes: tuple[str, ...] = ("fast", "immediate")) -> bool:
    """Stop in the first mode that works. PostgreSQL 18 can hang in a fast stop during crash recovery.

    An immediate stop loses nothing that was committed; the next start recovers it.
    """
    if _postmaster(cluster) is None:
        return False
    for mode in modes:
        done = _pg_ctl(cluster, "stop", "-m", mode, seconds=FAST_STOP_SECONDS)
        if done.returncode == 0 or _postmaster(cluster) is None:
            return True
    raise MachineError(f"the embedded PostgreSQL in {cluster.data} does not stop: {done.stdout.strip()}")


def _pg_ctl(
    cluster: Cluster, action: str, *options: str, seconds: int = PATIENCE_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Waits for the end of the action, and is silent unless it fails."""
    return cluster.run("pg_ctl", action, "-w", "-s", "-t", str(seconds), "-D", cluster.data.name, *options)


def _wait_while_busy(cluster: Cluster) -> None:
    """A running server that does not answer yet is starting up or shutting down."""
    if _lost_its_socket(cluster):
        _stop(cluster)
    give_up = time.monotonic() + PATIENCE_SECONDS
    maintenance = _maintenance(cluster)
    while _postmaster(cluster) is not None and not _answers(maintenance):
        if time.monotonic() > give_up:
            raise MachineError(
                f"the embedded PostgreSQL in {cluster.data} runs but does not answer. "
                f"The end of its log ({cluster.log}):\n{cluster.last_log_lines()}",
                hint="`ready db stop`, then try again",
            )
        time.sleep(0.05)


def _lost_its_socket(cluster: Cluster) -> bool:
    """Something cleaned /tmp, or deleted the socket folder, under a running server."""
    if _postmaster(cluster) is None or cluster.socket.exists():
        return False
    return "ready" in (line.strip() for line in _pid_file_lines(cluster))


def _create_database(cluster: Cluster) -> None:
    """And the roles: who logs in as one of them shall read what is missing, not that it is unknown."""
    with closing(_maintenance(cluster).connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            create_login_roles(cursor)
            with suppress(psycopg2.errors.DuplicateDatabase):
                cursor.execute('create database "ready"')


def _maintenance(cluster: Cluster) -> ConnectionParams:
    ready = cluster.params
    return ConnectionParams(host=ready.host, port=ready.port, user=ready.user, dbname="postgres")


def _answers(params: ConnectionParams) -> bool:
    try:
        params.connect().close()
    except MachineError:
        return False
    return True


def _postmaster(cluster: Cluster) -> int | None:
    """The process id of the running server: the one in postmaster.pid, if it works in our data folder."""
    pid = _recorded_pid(cluster)
    try:
        return pid if pid and os.path.samefile(f"/proc/{pid}/cwd", cluster.data) else None
    except PermissionError:  # started by root for this user
        return pid if _process_name(pid) == "postgres" else None
    except OSError:  # no process, or a zombie
        return None


def _tcp_port(cluster: Cluster) -> int | None:
    """The fourth line of postmaster.pid, where the sixth says that it listens."""
    _, _, _, port, _, address, *_ = [*_pid_file_lines(cluster), *[""] * 6]
    return int(port) if address.strip() else None


def _pid_file_lines(cluster: Cluster) -> list[str]:
    """The process id, then among others the path of the data folder, and the state at the end."""
    try:
        return cluster.pid_file.read_text(encoding=ANY_BYTES).split("\n")
    except OSError:
        return [""]


def _recorded_pid(cluster: Cluster) -> int | None:
    try:
        return int(_pid_file_lines(cluster)[0])
    except ValueError:
        return None


def _process_name(pid: int | None) -> str | None:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _clear_number(cluster: Cluster) -> None:
    """Remove what would keep a killed server from starting again for ever.

    PostgreSQL does not start while the number in postmaster.pid is some process's. After a restart
    of the machine that can be any process, and in a container the killed server itself can remain
    as a zombie. Only the number is replaced: by the rest of the file PostgreSQL sees whether
    children of the killed server still use its memory.
    """
    if Path(f"/proc/{_recorded_pid(cluster)}").exists():
        _, *rest = _pid_file_lines(cluster)
        cluster.pid_file.write_text("\n".join([NO_PROCESS, *rest]), encoding=ANY_BYTES)
