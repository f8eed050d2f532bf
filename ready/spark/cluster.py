"""Where the local Spark cluster keeps its files, and how its processes are started."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ready.errors import MachineError
from ready.spark.connection import LOOPBACK, SparkParams
from ready.spark.requirements import spark_home

MASTER, WORKERS, THRIFT = "master", ("worker-1", "worker-2"), "thrift"
ROLES = (MASTER, *WORKERS, THRIFT)
DEPLOY = "org.apache.spark.deploy"
THRIFT_CLASS = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
# The host is a name: Spark puts it into addresses that executors and driver give each other.
HOST = "localhost"
MEMORY = "1g"
DAEMON_MEMORY = "256m"

SETTINGS = """\
spark.master                                spark://{host}:{master_port}
spark.app.name                              ready
spark.driver.memory                         {memory}
spark.executor.memory                       {memory}
spark.executor.cores                        1
spark.driver.extraJavaOptions               -Duser.timezone=UTC "-Djava.io.tmpdir={passing}"
spark.executor.extraJavaOptions             -Duser.timezone=UTC "-Djava.io.tmpdir={passing}"
spark.sql.warehouse.dir                     file:{warehouse}
spark.sql.parquet.outputTimestampType       TIMESTAMP_MICROS
spark.sql.legacy.createHiveTableByDefault   false
spark.sql.filesourceTableRelationCacheSize  0
spark.sql.shuffle.partitions                8
spark.sql.adaptive.enabled                  true
spark.sql.adaptive.coalescePartitions.parallelismFirst  false
spark.scheduler.mode                        FAIR
spark.master.rest.enabled                   false
spark.ui.enabled                            false
spark.hadoop.hive.server2.thrift.bind.host  {loopback}
spark.hadoop.hive.server2.thrift.port       {thrift_port}
"""

LOG_SETTINGS = """\
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.deploy.name = org.apache.spark.deploy
logger.deploy.level = info
"""


@dataclass(frozen=True)
class SparkCluster:
    """The files of the local cluster under READY_HOME (`home`, absolute)."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "spark"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse"

    @property
    def conf(self) -> Path:
        return self.folder / "conf"

    @property
    def work(self) -> Path:
        """Where the workers keep what their executors log."""
        return self.folder / "work"

    @property
    def passing(self) -> Path:
        """Where they keep what does not outlive them, unless they are killed."""
        return self.folder / "local"

    @property
    def state_file(self) -> Path:
        """`master_port`, `thrift_port`, and the process id of each role."""
        return self.folder / "cluster.json"

    def log(self, role: str) -> Path:
        return self.folder / "logs" / f"{role}.log"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """One process at a time starts or stops; waits its turn."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = open(self.folder / "lock", "a", encoding="ascii")  # noqa: SIM115
        except OSError as error:
            raise MachineError(
                f"cannot keep the Spark cluster in {self.folder}: {error.strerror}",
                hint="set READY_HOME (or --home) to a folder that you may write",
            ) from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def state(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads(self.state_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return {}
        return state

    def remember(self, **changes: Any) -> None:
        fresh = self.state_file.with_suffix(".tmp")
        fresh.write_text(json.dumps({**self.state(), **changes}), encoding="ascii")
        fresh.replace(self.state_file)

    def pid(self, role: str) -> int | None:
        """The running process of a role: the recorded one, if it works in our folder."""
        pid = self.state().get(role)
        try:
            return int(pid) if pid and os.path.samefile(f"/proc/{pid}/cwd", self.folder) else None
        except OSError:  # no process, or a zombie
            return None

    @property
    def thrift_port(self) -> int | None:
        """Where the running Thrift server listens."""
        return self.state().get("thrift_port") if self.pid(THRIFT) else None

    def configure(self, params: SparkParams, master_port: int) -> None:
        """Write what the processes read when they start."""
        for folder in (self.conf, self.warehouse, self.passing, self.log(MASTER).parent):
            folder.mkdir(parents=True, exist_ok=True)
        settings = SETTINGS.format(
            host=HOST,
            loopback=LOOPBACK,
            memory=MEMORY,
            master_port=master_port,
            thrift_port=params.port,
            warehouse=self.warehouse,
            passing=self.passing,
        )
        (self.conf / "spark-defaults.conf").write_text(settings, encoding="utf-8")
        (self.conf / "log4j2.properties").write_text(LOG_SETTINGS, encoding="ascii")
        self.remember(master_port=master_port, thrift_port=params.port)

    def launch(self, role: str) -> None:
        """Start the process of a role, out of reach of Ctrl-C, and record it."""
        log = self.log(role)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with open(log, "wb") as output:
            process = subprocess.Popen(
                self._command(role),
                cwd=self.folder,  # Derby puts its folder, metastore_db, into the current one
                env=self._environment(role),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.remember(**{role: process.pid})

    def _command(self, role: str) -> list[str]:
        programs = spark_home() / "bin"
        at = ["--host", HOST, "--webui-port", "0"]  # its page is on whatever port is free
        if role == THRIFT:
            return [str(programs / "spark-submit"), "--class", THRIFT_CLASS, "spark-internal"]
        port = str(self.state()["master_port"])
        if role == MASTER:
            return [str(programs / "spark-class"), f"{DEPLOY}.master.Master", *at, "--port", port]
        size = ["--cores", "1", "--memory", MEMORY, "--work-dir", str(self.work)]
        return [
            str(programs / "spark-class"),
            f"{DEPLOY}.worker.Worker",
            *at,
            *size,
            f"spark://{HOST}:{port}",
        ]

    def _environment(self, role: str) -> dict[str, str]:
        others = {
            key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "PYSPARK_"))
        }
        return {
            **others,
            "SPARK_HOME": str(spark_home()),
            "SPARK_CONF_DIR": str(self.conf),
            "SPARK_LOCAL_DIRS": str(self.passing),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_LOCAL_HOSTNAME": HOST,
            # Spark counts its Thrift server among the daemons, although it is the driver.
            "SPARK_DAEMON_MEMORY": MEMORY if role == THRIFT else DAEMON_MEMORY,
            "TZ": "UTC",
        }

    def last_log_lines(self, role: str, count: int = 12) -> str:
        try:
            text = self.log(role).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "    (it wrote no log)"
        return "\n".join(f"    {line}" for line in text.strip().splitlines()[-count:])
