"""Starts, stops and inspects the local Spark cluster: a master, two workers, and a Thrift server in front.

The cluster outlives the command that started it, so that a later `dbt build --target spark` finds it.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ready.errors import MachineError
from ready.spark.cluster import MASTER, ROLES, THRIFT, SparkCluster
from ready.spark.connection import LOOPBACK, SparkParams
from ready.spark.requirements import free_port, require_free_port, require_java, spark_home

PATIENCE_SECONDS = 180
STOP_SECONDS = 20


@dataclass(frozen=True)
class Status:
    """What `ready spark status` shows. `pids` has the roles that run."""

    pids: dict[str, int]
    answers: bool
    warehouse: Path
    logs: Path

    @property
    def running(self) -> bool:
        return self.answers and len(self.pids) == len(ROLES)


def start(home: Path, params: SparkParams) -> None:
    """The local cluster under `home`, started where it is down; a worker that has died is replaced.

    Raises MachineError when Java, pyspark or the port is missing, or, with the last log lines, when a
    process does not come up.
    """
    cluster = SparkCluster(home)
    if not _is_up(cluster, params):
        with cluster.lock():
            if not _is_up(cluster, params):
                _bring_up(cluster, params)


def stop(home: Path) -> bool:
    """Stop the cluster; open sessions end, tables stay. False when nothing of it was running."""
    cluster = SparkCluster(home)
    if not cluster.folder.exists():
        return False
    with cluster.lock():
        return _stop(cluster)


def status(home: Path, params: SparkParams) -> Status:
    cluster = SparkCluster(home)
    pids = {role: pid for role in ROLES if (pid := cluster.pid(role))}
    ours = cluster.thrift_port == params.port
    return Status(pids, ours and params.answers(), cluster.warehouse, cluster.log(THRIFT).parent)


def _is_up(cluster: SparkCluster, params: SparkParams) -> bool:
    return status(cluster.home, params).running


def _bring_up(cluster: SparkCluster, params: SparkParams) -> None:
    require_java()
    spark_home()
    if not (cluster.pid(MASTER) and cluster.thrift_port == params.port and params.answers()):
        _stop(cluster)
        require_free_port(params.port)
        for left in (cluster.work, cluster.passing):
            shutil.rmtree(left, ignore_errors=True)
        cluster.configure(params, free_port())
    for role in ROLES:
        if not cluster.pid(role):
            cluster.launch(role)
        if role == MASTER:
            port = cluster.state()["master_port"]
            _wait(cluster, role, SparkParams(LOOPBACK, port).listens)
    _wait(cluster, THRIFT, params.answers)


def _wait(cluster: SparkCluster, role: str, is_up: Callable[[], bool]) -> None:
    """Until the role's process is up. Raises MachineError when one of the cluster's ends before."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not is_up():
        ended = [known for known in ROLES[: ROLES.index(role) + 1] if not cluster.pid(known)]
        if ended or time.monotonic() > give_up:
            culprit = ended[0] if ended else role
            lines = cluster.last_log_lines(culprit)
            _stop(cluster)
            raise MachineError(
                f"Spark's {culprit} does not start. The end of its log ({cluster.log(culprit)}):\n{lines}",
                hint="mend what the log says, then: ready spark start",
            )
        time.sleep(0.2)


def _stop(cluster: SparkCluster) -> bool:
    """The Thrift server first: so its executors end, and then there is nothing for the workers to mourn."""
    running = [role for role in reversed(ROLES) if cluster.pid(role)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for role in running:
            if pid := cluster.pid(role):  # asked again: the number may be another process's by now
                _end(pid, number)
    return bool(running)


def _end(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        give_up = time.monotonic() + STOP_SECONDS
        while _is_alive(pid) and time.monotonic() < give_up:
            time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    """False for a zombie, too, which stays where nobody waits for it, as in a container."""
    try:
        os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return False
    return True
