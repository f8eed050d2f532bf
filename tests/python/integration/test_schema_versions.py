"""A database of an earlier release is brought up to date; one of a newer one or of before 0.1.0 is not."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import forked
import pytest
from conftest import PROJECT
from psycopg2.errors import DivisionByZero
from psycopg2.extensions import connection as Connection
from warehouse import Warehouse

import loader.versions
from loader import ensure_raw_schema
from loader.versions import FIRST, VERSION
from ready.postgres.connection import ConnectionParams

SHAPE = """
select table_schema, table_name, column_name, data_type, is_nullable, column_default
from information_schema.columns where table_schema in ('raw', 'meta') order by 1, 2, 3
"""
# As releases before 0.1.0 left them: without a version, or with a lower one.
OLD = {
    "raw": "create schema raw; create table raw.loads (load_id bigint)",
    "meta": "create schema meta; create table meta.feature_registry (config json)",
}
NUMBERED = "create table {0}.schema_version (version integer); insert into {0}.schema_version values ({1})"


@pytest.fixture
def warehouse(database: ConnectionParams, tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path, database)


@pytest.fixture
def delivered(warehouse: Warehouse) -> Warehouse:
    """With schema raw as this release makes it."""
    with contextlib.closing(warehouse.database.connect()) as connection:
        ensure_raw_schema(connection)
    return warehouse


def dbt_build(warehouse: Warehouse) -> subprocess.CompletedProcess[str]:
    """dbt alone, without the wrapper: of the tables only a small one."""
    places = {
        "DBT_PROFILES_DIR": "profiles",
        "DBT_TARGET_PATH": str(warehouse.folder / "home/dbt/target"),
        "DBT_LOG_PATH": str(warehouse.folder / "logs"),
        "DBT_PARTIAL_PARSE": "true",
    }
    env = {**warehouse.environ, **places}
    return forked.dbt("build", "--select", "order_statuses", cwd=PROJECT, env=env)


def set_version(warehouse: Warehouse, schema: str, version: int) -> None:
    warehouse.execute(f"insert into {schema}.schema_version (version) values ({version})")


@pytest.mark.parametrize("version", [None, FIRST - 1])
def test_a_raw_of_before_the_first_release_is_left_alone(version: int | None, warehouse: Warehouse) -> None:
    warehouse.execute(OLD["raw"])
    if version:
        warehouse.execute(NUMBERED.format("raw", version))
    shape = warehouse.rows(SHAPE)

    done = warehouse.ready("run")

    assert done.returncode == 3
    assert "schema raw was made before release 0.1.0" in done.stderr
    assert "load the CSV files into another database; nothing was changed" in done.stderr
    assert "Traceback" not in done.stderr
    assert warehouse.rows(SHAPE) == shape


@pytest.mark.parametrize("version", [None, 2])
def test_a_meta_of_before_the_first_release_is_left_alone(version: int | None, delivered: Warehouse) -> None:
    delivered.execute(OLD["meta"])
    if version:
        delivered.execute(NUMBERED.format("meta", version))

    done = dbt_build(delivered)

    assert done.returncode != 0
    assert "schema meta was made before release 0.1.0" in done.stdout
    # And the table of the build lock, which comes before.
    found = {row[2] for row in delivered.rows(SHAPE) if row[:2] == ("meta", "feature_registry")}
    assert found == {"config"}
    assert delivered.value("select to_regclass('stg.order_statuses')") is None


def test_dbt_alone_makes_meta_and_refuses_a_newer_one(delivered: Warehouse) -> None:
    made = dbt_build(delivered)
    assert made.returncode == 0, made.stdout
    assert delivered.rows("select version from meta.schema_version") == [(5,)]

    set_version(delivered, "meta", 99)
    delivered.execute("update stg.order_statuses set is_purchase = null")
    refused = dbt_build(delivered)
    assert refused.returncode != 0
    assert "schema meta has version 99" in refused.stdout
    assert delivered.value("select count(is_purchase) from stg.order_statuses") == 0, "nothing was built"
    run = delivered.ready("run")
    assert run.returncode == 3, run.stdout
    assert "schema meta has version 99" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("command", [("run",), ("load",), ("db", "start"), ("dbt", "ls")], ids=" ".join)
def test_an_older_release_leaves_a_newer_raw_alone(command: tuple[str, ...], delivered: Warehouse) -> None:
    set_version(delivered, "raw", VERSION + 1)

    done = delivered.ready(*command)

    assert done.returncode == 3
    assert f"schema raw has version {VERSION + 1}" in done.stderr
    assert "use that release" in done.stderr
    assert "Traceback" not in done.stderr
    assert delivered.value("select count(*) from raw.loads") == 0


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Gives schema raw a version more, which the statement leads to."""

    def release(statement: str) -> None:
        monkeypatch.setattr("loader.versions.VERSION", VERSION + 1)
        monkeypatch.setattr("loader.schema.VERSION", VERSION + 1)
        monkeypatch.setitem(loader.versions.MIGRATIONS, VERSION + 1, statement)

    return release


def test_a_migration_that_fails_leaves_everything_as_it_was(
    delivered: Warehouse, next_release: Callable[[str], None]
) -> None:
    shape = delivered.rows(SHAPE)
    next_release("alter table raw.loads add column note text; select 1 / 0")

    with contextlib.closing(delivered.database.connect()) as connection, pytest.raises(DivisionByZero):
        ensure_raw_schema(connection)

    assert delivered.rows(SHAPE) == shape


def test_several_migrate_at_once(delivered: Warehouse, next_release: Callable[[str], None]) -> None:
    next_release("alter table raw.loads add column note text")

    each_at_once(delivered, ensure_raw_schema)

    versions = delivered.rows("select version from raw.schema_version order by version")
    assert versions == [(VERSION,), (VERSION + 1,)]
    assert delivered.value("select count(note) from raw.loads") == 0


@pytest.mark.parametrize("there", ["select 1", "create schema raw"])
def test_several_begin_at_once(warehouse: Warehouse, there: str) -> None:
    warehouse.execute(there)
    each_at_once(warehouse, ensure_raw_schema)
    assert warehouse.rows("select version from raw.schema_version") == [(VERSION,)]


def test_several_dbt_begin_at_once(delivered: Warehouse) -> None:
    compiled = delivered.ready("dbt", "compile", "--quiet", "--inline", "{{ bring_up_meta('begun', 1) }}")
    assert compiled.returncode == 0, compiled.stdout

    def begin(connection: Connection) -> None:
        with connection.cursor() as cursor:
            cursor.execute(compiled.stdout)

    each_at_once(delivered, begin)
    assert delivered.value("select count(*) from begun.schema_version") == 1


def each_at_once(warehouse: Warehouse, work: Callable[[Connection], None]) -> None:
    """On twelve connections, six at a time."""

    def connected(_: int) -> None:
        with contextlib.closing(warehouse.database.connect()) as connection:
            work(connection)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(connected, range(12)))
