"""Two commands on one database: the second waits for the first, or gives up when it is told to."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import forked
import psycopg2.errors
import pytest
from conftest import PROJECT
from warehouse import Warehouse

from ready.database.locks import build_lock
from ready.postgres.connection import ConnectionParams

HOLD = """
import sys
from ready.database.locks import build_lock
from ready.postgres.connection import ConnectionParams
host, port, user, dbname = sys.argv[1:]
with build_lock(ConnectionParams(host, int(port), user, dbname), "meta", print):
    print("held", flush=True)
    sys.stdin.read()
"""
BUILD = ("build", "--quiet", "--exclude-resource-type", "unit_test")


@contextlib.contextmanager
def another_run(database: ConnectionParams) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until it ends."""
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
    with another_run(database) as holder:
        said = []

        def say(title: str, detail: str) -> None:
            said.append((title, detail))
            os.kill(holder.pid, signal.SIGKILL)

        with build_lock(database, "meta", say):
            pass
    assert [title for title, _ in said] == ["Wait"]
    assert f"process {holder.pid}" in said[0][1]


def test_a_lock_of_another_database_or_of_other_schemas_is_no_holder(
    database: ConnectionParams, server: ConnectionParams
) -> None:
    said: list[str] = []
    with (
        build_lock(server, "meta", lambda *words: said.extend(words), timeout=0),
        build_lock(database, "meta", lambda *words: said.extend(words), timeout=0),
        build_lock(database, "pr_7_meta", lambda *words: said.extend(words), timeout=0),
    ):
        pass
    assert said == []


def test_a_reader_can_keep_no_build_waiting(database: ConnectionParams) -> None:
    with build_lock(database, "meta", _silent, timeout=0):
        pass
    with (
        contextlib.closing(database.connect()) as reader,
        reader.cursor() as cursor,
        _role(database, f"reader_{database.dbname}", "select on all tables in schema meta") as name,
    ):
        for mode in ("row share", "share update exclusive", "access exclusive"):
            cursor.execute(f"set role {name}")
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"lock table meta.build_lock in {mode} mode")
            reader.rollback()
        cursor.execute(f"set role {name}")
        cursor.execute("lock table meta.build_lock in access share mode")
        with build_lock(database, "meta", _silent, timeout=0):
            pass
        reader.rollback()


@contextlib.contextmanager
def _role(database: ConnectionParams, name: str, right: str) -> Iterator[str]:
    warehouse = Warehouse(Path(), database)
    warehouse.execute(f"create role {name}; grant usage on schema meta to {name}; grant {right} to {name}")
    yield name
    warehouse.execute(f"drop owned by {name}; drop role {name}")


def _silent(title: str, detail: str) -> None: ...


@pytest.mark.thorough  # test_pipeline.py has two runs at once
def test_builds_at_one_moment_stage_a_load_once_and_an_overtaken_one_changes_nothing(
    database: ConnectionParams, tmp_path: Path
) -> None:
    """`ready dbt build` beside a plain dbt; then another build begins while one is at work."""
    warehouse = Warehouse(tmp_path, database)
    data = tmp_path / "data"
    data.mkdir()
    lines = (PROJECT / "data/raw/orders_2024_h1.csv").read_text().splitlines(keepends=True)
    (data / "a.csv").write_text("".join(lines[:60]))
    warehouse.run("--data", data)
    (data / "b.csv").write_text("".join([lines[0], *lines[60:90]]))
    assert warehouse.ready("load", data).returncode == 0

    with ThreadPoolExecutor(2) as at_once:
        for build in (
            at_once.submit(warehouse.ready, "dbt", *BUILD),
            at_once.submit(_plain_dbt, warehouse, tmp_path / "target"),
        ):
            done = build.result()
            assert done.returncode == 0, done.stdout + done.stderr
    staged = "select load_id, count(*) from {} group by 1 order by 1"
    assert warehouse.rows(staged.format("stg.orders_parsed")) == [(1, 59), (2, 30)]
    assert warehouse.rows(staged.format("stg.orders")) == [(1, 59), (2, 30)]
    assert warehouse.value("select count(*) from meta.build_at_work") == 0

    (data / "c.csv").write_text("".join([lines[0], *lines[90:99]]))
    assert warehouse.ready("load", data).returncode == 0
    before = warehouse.bytes_of()
    with ThreadPoolExecutor() as beside:
        overtaken = beside.submit(_plain_dbt, warehouse, tmp_path / "target")
        while warehouse.value("select count(*) from meta.build_at_work") == 0:
            assert not overtaken.done(), overtaken.result()
            time.sleep(0.02)
        while not overtaken.done():  # one that has not seen yet that it has begun begins once more
            warehouse.execute("update meta.build_at_work set invocation_id = 'another'")
            time.sleep(0.3)
        done = overtaken.result()
    assert done.returncode == 1
    assert "another build has begun on this database" in done.stdout
    assert warehouse.bytes_of() == before


def _plain_dbt(warehouse: Warehouse, target: Path) -> subprocess.CompletedProcess[str]:
    """dbt itself, in a target folder of its own."""
    exports = warehouse.ready("env", "--json")
    environ = {**warehouse.environ, **json.loads(exports.stdout), "DBT_TARGET_PATH": str(target)}
    return forked.dbt(*BUILD, "--log-path", target, cwd=PROJECT, env=environ)
