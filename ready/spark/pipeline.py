"""The whole way on Spark."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from loader.sink import Sink
from ready.database.locks import LockTimeout
from ready.dbt.runner import DbtRun
from ready.run.loads import ActiveLoad
from ready.run.stages import Run
from ready.spark.connection import CONNECTION_LOST, fetch, spark_errors, spark_failed
from ready.spark.loading import active_loads, loads_kept_off, spark_sink
from ready.spark.query import relations_there
from ready.spark.server import ensure_spark

SECONDS_BETWEEN_TRIES = 0.2


class SparkRun(Run):
    """At the Thrift server that the environment names, or the local cluster's."""

    @contextmanager
    def _database(self) -> Iterator[tuple[Any, Any]]:
        self._check_configs()
        params = ensure_spark(self.settings)
        self.narrator.stage("Database", f"Spark at {params}")
        self.params = params
        with run_lock(self.settings.home, self.lock_timeout), spark_errors():
            spark_sink(params).prepare()
            with closing(params.connect()) as connection:
                version = fetch(connection, "select version()")[0][0]
                self.info = replace(self.info, versions={**self.info.versions, "spark": version.split()[0]})
                yield params, connection

    def _sink(self) -> Sink:
        return spark_sink(ensure_spark(self.settings))

    def _loads_of(self, connection: Any, source: str) -> list[ActiveLoad]:
        return active_loads(connection, source)

    def _built_by(self, connection: Any, key: str) -> str | None:
        meta = self.settings.schema("meta")
        if not fetch(connection, f"show databases like '{meta}'"):
            return None
        if ("build_state",) not in [row[1:2] for row in fetch(connection, f"show tables in {meta}")]:
            return None
        found = fetch(connection, f"select invocation_id from {meta}.build_state where build_key = '{key}'")
        return str(found[0][0]) if found and tables_are_there(connection, meta) else None

    def _mark_built(self, connection: Any, key: str, invocation_id: str) -> None:
        log = f"{self.settings.schema('meta')}.build_state_log"
        fetch(connection, f"insert into {log} select '{key}', '{invocation_id}', current_timestamp()")

    def _dbt(self, params: Any, arguments: Sequence[str]) -> DbtRun:
        with loads_kept_off(params):
            run = super()._dbt(params, [*arguments, "--target", "spark"])
        if not run.success and not params.listens():  # what dbt says of it is not clear
            raise spark_failed(CONNECTION_LOST)
        return run


def tables_are_there(connection: Any, meta: str) -> bool:
    """Whether every table that was recorded when it was built is still there."""
    relations = {row[0] for row in fetch(connection, f"select relation from {meta}.model_definitions")}
    return relations_there(connection, relations) == relations


@contextmanager
def run_lock(home: Path, timeout: float | None) -> Iterator[None]:
    """One run at a time on this READY_HOME. Raises LockTimeout after so many seconds; None waits for ever."""
    give_up = time.monotonic() + (float("inf") if timeout is None else timeout)
    home.mkdir(parents=True, exist_ok=True)  # the cluster may have another
    with open(home / "spark.run.lock", "a", encoding="ascii") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= give_up:
                    raise LockTimeout(
                        f"another run is still at work on Spark after {timeout:g} s",
                        hint="let it end and run again, or wait longer: --lock-timeout SECONDS",
                    ) from None
            time.sleep(SECONDS_BETWEEN_TRIES)
        yield
