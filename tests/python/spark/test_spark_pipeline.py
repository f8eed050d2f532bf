"""The whole way on Spark ends with what PostgreSQL ends with, also when a process of it is killed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pyarrow.parquet as pq
import pytest
from proof_case import Shop
from same_tables import assert_same_rows
from spark_case import query
from warehouse import Warehouse

import ready
from ready.errors import UsageError
from ready.postgres.connection import ConnectionParams
from ready.spark import local
from ready.spark.cluster import SparkCluster
from ready.spark.connection import SparkParams
from ready.spark.pipeline import tables_are_there

PROJECT = Path(__file__).parents[3]
ONLINE_RETAIL = PROJECT.parent / "shared" / "data" / "online_retail"
EXAMPLE = PROJECT / "examples" / "online_retail"
FINGERPRINT = "98573617c36dfd86ca39d9aef3966115"
OnSpark = Callable[..., "subprocess.CompletedProcess[str]"]
# The statement of a test that has found its count.
COUNTED = re.compile(r'"(test\.[^"]+)"} \*/\s+select\s+(\d+) as failures,')
IS_NUMBER = "          - valid_number\n"
RAISES = "          - not_null: {config: {where: assert_true(amount is not null) is null}}\n"
# The SQL differs by engine, and with it what the files say of it.
BY_ENGINE = ("sql_hash", "files")


def manifest(artifacts: Path) -> dict[str, object]:
    folder = artifacts / "datasets" / "customer_features" / "v1"
    found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {key: value for key, value in found.items() if key not in BY_ENGINE}


@pytest.mark.thorough
def test_a_killed_server_is_told_and_the_next_run_ends_well_although_an_executor_is_killed(
    warehouse: SparkParams, spark_home: Path, on_spark: OnSpark, built_shop: Shop, tmp_path: Path
) -> None:
    killer = threading.Thread(target=kill_thrift_in_build, args=[spark_home, warehouse])
    killer.start()
    done = on_spark("run", "--target", "spark")
    killer.join()
    assert done.returncode == 3, done.stdout
    assert "Traceback" not in done.stderr
    assert "Error: Spark failed: the connection to its Thrift server was lost" in done.stderr
    assert done.stderr.count("Error:") == 1

    killed = threading.Timer(25, kill_executor, [spark_home])
    killed.start()
    done = on_spark("run", "--target", "spark", "--json")
    killed.join()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data_hash"] == FINGERPRINT
    assert manifest(tmp_path / "artifacts") == manifest(built_shop.settings.artifacts)
    for split in ("train", "val", "test"):
        path = Path("datasets", "customer_features", "v1", f"{split}.parquet")
        ours, theirs = (
            pq.read_table(root / path).replace_schema_metadata(None)
            for root in (tmp_path / "artifacts", built_shop.settings.artifacts)
        )
        assert ours.equals(theirs)
    assert_same_rows(built_shop.database, warehouse)
    again = on_spark("run", "--target", "spark", "--json")
    assert json.loads(again.stdout)["changed"] is False
    # Three builds later, none of them accepted: of the last one what reads it is not built with it.
    (shown,) = {row[1] for row in query(warehouse, "show tables in feats like 'feature_times__build_*'")}
    for number in (1, 2):
        query(warehouse, f"create table feats.{shown}{number} using parquet as select * from feats.{shown}")
    assert on_spark("dbt", "run", "--target", "spark", "--select", "feature_times").returncode == 0
    assert_same_rows(built_shop.database, warehouse, "feats.feature_times")
    with contextlib.closing(warehouse.connect()) as connection:
        assert tables_are_there(connection, "meta")
        query(warehouse, "drop view stg.orders")
        assert not tables_are_there(connection, "meta")


@pytest.mark.thorough
@pytest.mark.skipif(not ONLINE_RETAIL.is_dir(), reason=f"{ONLINE_RETAIL} is not laid beside the checkout")
def test_lines_summed_into_orders_have_the_fingerprint_of_the_example(
    warehouse: SparkParams, on_spark: OnSpark, database: ConnectionParams, run_ready: OnSpark, tmp_path: Path
) -> None:
    example = ("--data", ONLINE_RETAIL, "--configs", EXAMPLE)
    done = on_spark("run", "--target", "spark", "--json", *example)
    assert done.returncode == 0, done.stderr
    there = run_ready("run", "--artifacts", tmp_path / "postgres", *example, database=database)
    assert there.returncode == 0, there.stderr
    assert_same_rows(database, warehouse, "stg.orders", "stg.orders_rejected", "feats.customer_training_set")
    fingerprint = json.loads(done.stdout)["data_hash"]
    assert f"fingerprint {fingerprint}\n" in (EXAMPLE / "README.md").read_text(encoding="utf-8")


def test_the_gate_stops_dirty_data_and_tells_lines_and_values(
    warehouse: SparkParams, spark_home: Path, on_spark: OnSpark, database: ConnectionParams, tmp_path: Path
) -> None:
    postgres = Warehouse(tmp_path / "postgres", database)
    assert postgres.ready("run", "--data", "data/dirty").returncode == 1
    done = on_spark("run", "--target", "spark", "--data", "data/dirty")
    assert done.returncode == 1
    assert "the gate stopped the run" in done.stderr
    report = json.loads((tmp_path / "artifacts/reports/validation_report.json").read_text())
    for part in ("errors", "warnings", "checks"):
        assert report[part] == postgres.report[part]
    assert sum(len(check["sample"]) for check in report["checks"]) > 10
    assert not published(warehouse)

    results, log = last_dbt(spark_home)
    assert log.count("execute immediate") == 1
    counted = {name: int(failures) for name, failures in COUNTED.findall(log)}
    assert len(counted) == 15
    for name, failures in counted.items():
        weight = "sum(n_records)" if ".accepted_values" in name else "count(*)"
        own = f"select coalesce({weight}, 0) from ({results[name]['compiled_code']}) as failing"
        assert query(warehouse, own) == [(failures,)]
        assert results[name]["failures"] == failures
    assert sum(map(bool, counted.values())) > 4

    # A rule that raises keeps no other from its count.
    configs = copytree(PROJECT / "configs", tmp_path / "configs")
    rule = configs / "expectations.yaml"
    rule.write_text(rule.read_text().replace(IS_NUMBER, RAISES + IS_NUMBER))
    test = ("dbt", "test", "--target", "spark", "--select", "orders_parsed,test_type:generic")
    assert on_spark(*test, READY_CONFIGS=str(configs)).returncode == 1
    again, log = last_dbt(spark_home)
    assert "its rules cannot be counted in one scan" in log
    assert not COUNTED.search(log)
    (raising,) = again.keys() - results
    assert [name for name, result in again.items() if result["status"] == "error"] == [raising]
    assert all(again[name]["failures"] == results[name]["failures"] for name in again.keys() & results)

    rules = ("orders_parsed,test_type:generic", "path:tests/dbt/gate", "test_type:unit")
    done = on_spark("dbt", "build", "--target", "spark", "--exclude", *rules)
    assert "not published, because the gate has not passed the loads of now" in done.stdout
    assert not published(warehouse)


def last_dbt(home: Path) -> tuple[dict[str, Any], str]:
    """Node -> its result in dbt's last run, and the log of that."""
    run = json.loads((home / "dbt/target/run_results.json").read_text())
    results = {result["unique_id"]: result for result in run["results"]}
    log = (home / "dbt/logs/dbt.log").read_text()
    return results, log.rpartition(f"| {run['metadata']['invocation_id']} =")[2]


def published(warehouse: SparkParams) -> bool:
    return bool(
        query(warehouse, "show databases like 'feats'")
        and query(warehouse, "show tables in feats like 'customer_features'")
    )


def kill_thrift_in_build(home: Path, spark: SparkParams) -> None:
    """Once the first table is being built."""
    staging = home / "spark" / "warehouse" / "stg.db"
    give_up = time.monotonic() + 300
    while not list(staging.glob("orders_parsed__build_*")) and time.monotonic() < give_up:
        time.sleep(0.1)
    os.kill(local.status(home, spark).pids["thrift"], signal.SIGKILL)


def kill_executor(home: Path) -> None:
    """One of this cluster's two. The Thrift server's own children are `chmod` and the like: left alone."""
    folder = str(SparkCluster(home).folder).encode()
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                command = (process / "cmdline").read_bytes()
                if b"CoarseGrainedExecutorBackend" in command and folder in command:
                    os.kill(int(process.name), signal.SIGKILL)
                    return
        time.sleep(0.2)
    pytest.fail("no executor runs")


def test_an_empty_warehouse_is_a_message(
    warehouse: SparkParams, on_spark: OnSpark, spark_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (
        ("explain", "C000015", "2025-02-01", "revenue_30d"),
        ("registry", "list"),
        ("export",),
        ("suggest",),
    ):
        done = on_spark(*arguments, "--target", "spark")
        assert done.returncode == 2, (arguments, done.stderr)
        assert done.stderr.count("Error:") == 1
        assert "Traceback" not in done.stderr
    for name, value in {"READY_TARGET": "spark", "READY_HOME": str(spark_home), **warehouse.env()}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as caught:
        ready.features_at({"customer_id": ["C000015"], "feature_time": [datetime(2025, 1, 1)]})
    assert caught.value.hint == "build it with: ready run"
