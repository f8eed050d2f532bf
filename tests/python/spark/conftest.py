"""Fixtures on a local Spark cluster, one for the session; all are skipped where Spark cannot run.

spark        the cluster's SparkParams; its READY_HOME is `spark_home`
warehouse    the same with no schema in it, for one test at a time
on_spark     runs the `ready` command with this cluster as its Spark
both         the sample, in two deliveries, on this cluster and on PostgreSQL; once a file, not to be changed
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import forked
import pytest
from spark_case import emptied

from ready.errors import MachineError
from ready.postgres.connection import ConnectionParams
from ready.settings import Settings
from ready.spark import local
from ready.spark.connection import SparkParams
from ready.spark.requirements import free_port, require_java

if TYPE_CHECKING:
    from warehouse import Warehouse

PROJECT = Path(__file__).parents[3]
# Many short queries: compiling them well takes longer than running them.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
OnSpark = Callable[..., "subprocess.CompletedProcess[str]"]


def missing() -> str | None:
    """Why Spark cannot run here."""
    for package in ("pyspark", "dbt.adapters.spark", "pyhive"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed: pip install -c constraints.txt -e '.[dev,spark]'"
    try:
        require_java()
    except MachineError as error:
        return error.message
    return None


@pytest.fixture(scope="session")
def spark_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := missing():
        pytest.skip(f"no Spark here: {reason}")
    return tmp_path_factory.mktemp("spark home")  # with a space


@pytest.fixture(scope="session")
def spark(spark_home: Path) -> Iterator[SparkParams]:
    params = SparkParams(port=free_port())
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("JAVA_TOOL_OPTIONS", JAVA_OPTIONS)
        try:
            local.start(spark_home, params)
            yield params
        finally:
            local.stop(spark_home)


@pytest.fixture
def warehouse(spark: SparkParams, spark_home: Path) -> Iterator[SparkParams]:
    with emptied(spark, spark_home):
        yield spark


@pytest.fixture
def on_spark(spark: SparkParams, spark_home: Path, tmp_path: Path) -> OnSpark:
    return _command(spark, spark_home, tmp_path / "artifacts")


def _command(spark: SparkParams, home: Path, artifacts: Path) -> OnSpark:
    def run(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("READY_", "PG", "DBT_"))}
        own = {"READY_HOME": str(home), "READY_ARTIFACTS": str(artifacts), **spark.env()}
        return forked.ready(*arguments, cwd=PROJECT, env={**inherited, **own, **env})

    return run


@dataclass(frozen=True)
class Both:
    """One data set on either engine. artifacts: Spark's."""

    postgres: Warehouse
    spark: SparkParams
    on_spark: OnSpark
    artifacts: Path

    def ask(self, question: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[Any, Any]:
        """What PostgreSQL and what Spark answer to a function of (connection, settings)."""
        settings = Settings.resolve(environ=self.postgres.environ)
        with (
            contextlib.closing(self.postgres.database.connect()) as postgres,
            contextlib.closing(self.spark.connect()) as spark,
        ):
            return (
                question(postgres, settings, *arguments, **options),
                question(spark, settings, *arguments, **options),
            )


@pytest.fixture(scope="module")
def both(
    spark: SparkParams,
    spark_home: Path,
    server: ConnectionParams,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Both]:
    from warehouse import Warehouse, new_database

    folder = tmp_path_factory.mktemp("both")
    on_spark = _command(spark, spark_home, folder / "spark")
    with emptied(spark, spark_home), new_database(server) as database:
        postgres = Warehouse(folder / "postgres", database)
        for files in ("orders_2024_h*.csv", "orders_*.csv"):
            pattern = str(PROJECT / "data" / "raw" / files)
            postgres.run("--data", pattern)
            done = on_spark("run", "--target", "spark", "--data", pattern)
            assert done.returncode == 0, done.stdout + done.stderr
        yield Both(postgres, spark, on_spark, folder / "spark")
