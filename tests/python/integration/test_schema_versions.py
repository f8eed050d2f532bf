"""A database of an earlier release is brought up to date; one of a newer release is left alone."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import PROJECT
from proof_case import Shop
from psycopg2.errors import DivisionByZero
from warehouse import Warehouse, new_database

import loader.versions
from loader import ensure_raw_schema
from loader.versions import VERSION
from ready.postgres.connection import ConnectionParams

VERSION_0 = (PROJECT / "tests/python/warehouse_version_0.sql").read_text(encoding="utf-8")
SHAPE = """
select table_schema, table_name, column_name, data_type, is_nullable, column_default
from information_schema.columns where table_schema in ('raw', 'meta') order by 1, 2, 3
"""
INDEXES = (
    "select schemaname, indexname, indexdef from pg_indexes where schemaname in ('raw', 'meta') order by 1, 2"
)
FINGERPRINTS = {
    "features": "select data_hash from meta.current_versions",
    "splits": "select split, membership_hash from meta.dataset_split_summary join meta.current_versions"
    " using (feature_set, feature_version, data_hash) order by 1",
    "labels": "select labels_hash from meta.dataset_label_summary join meta.current_versions"
    " using (feature_set, feature_version, data_hash)",
}


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """The file that the old database was made from."""
    script = PROJECT / "scripts" / "generate_orders.py"
    file = tmp_path / "data" / "orders.csv"
    file.parent.mkdir()
    arguments = ["--rows", "90", "--months", "8", "--out", str(file)]
    subprocess.run([sys.executable, str(script), *arguments], check=True, capture_output=True)
    return file.parent


@pytest.fixture
def old(database: ConnectionParams, tmp_path: Path) -> Warehouse:
    """As a release before schema versions left it."""
    warehouse = Warehouse(tmp_path / "old", database)
    warehouse.execute(VERSION_0)
    return warehouse


@pytest.fixture
def fresh(server: ConnectionParams, tmp_path: Path) -> Iterator[Warehouse]:
    with new_database(server) as database:
        yield Warehouse(tmp_path / "fresh", database)


def dbt_build(warehouse: Warehouse) -> subprocess.CompletedProcess[str]:
    """dbt alone, without the wrapper: of the tables only a small one."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "dbt"), "build", "--select", "order_statuses"],
        cwd=PROJECT,
        env={
            **warehouse.environ,
            "DBT_PROFILES_DIR": "profiles",
            "DBT_TARGET_PATH": str(warehouse.folder / "home/dbt/target"),
            "DBT_LOG_PATH": str(warehouse.folder / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def set_version(warehouse: Warehouse, schema: str, version: int) -> None:
    warehouse.execute(f"insert into {schema}.schema_version (version) values ({version})")


def test_a_database_of_an_earlier_release(old: Warehouse, fresh: Warehouse, delivery: Path) -> None:
    """The same fingerprints as from nothing, the same tables, and the old records as they were."""
    records = "select data_hash, config::jsonb from meta.feature_registry where feature_version = 1"
    before = old.rows(records)

    output = old.run("--data", delivery).stdout
    fresh.run("--data", delivery)

    assert "already loaded" in output
    for what, query in FINGERPRINTS.items():
        assert old.rows(query) == fresh.rows(query) != [], what
    assert old.rows(SHAPE) == fresh.rows(SHAPE), "migrate_meta.sql or loader/versions.py lacks a step"
    assert old.rows(INDEXES) == fresh.rows(INDEXES)
    assert old.rows(records) == before
    # The file of the second load is called orders.csv now, and the load with it.
    assert old.rows("select file_name, status, superseded_by from raw.loads order by load_id") == [
        ("orders.csv", "superseded", 2),
        ("orders.csv", "loaded", None),
    ]


def test_dbt_alone_migrates_meta_and_refuses_a_newer_one(old: Warehouse, built_shop: Shop) -> None:
    with contextlib.closing(old.database.connect()) as connection:
        ensure_raw_schema(connection)
    migrated = dbt_build(old)
    assert migrated.returncode == 0, migrated.stdout
    assert old.rows(SHAPE) == built_shop.rows(SHAPE)
    assert old.rows("select version from meta.schema_version") != []

    set_version(old, "meta", 99)
    old.execute("update stg.order_statuses set is_purchase = null")
    refused = dbt_build(old)
    assert refused.returncode != 0
    assert "schema meta has version 99" in refused.stdout
    assert old.value("select count(is_purchase) from stg.order_statuses") == 0, "nothing was built"
    run = old.ready("run")
    assert run.returncode == 3, run.stdout
    assert "schema meta has version 99" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("command", [("run",), ("load",), ("db", "start"), ("dbt", "ls")], ids=" ".join)
def test_an_older_release_leaves_a_newer_raw_alone(
    command: tuple[str, ...], database: ConnectionParams, tmp_path: Path
) -> None:
    warehouse = Warehouse(tmp_path, database)
    with contextlib.closing(database.connect()) as connection:
        ensure_raw_schema(connection)
    set_version(warehouse, "raw", VERSION + 1)

    done = warehouse.ready(*command)

    assert done.returncode == 3
    assert f"schema raw has version {VERSION + 1}" in done.stderr
    assert "use that release" in done.stderr
    assert "Traceback" not in done.stderr
    assert warehouse.value("select count(*) from raw.loads") == 0


def test_a_migration_that_fails_leaves_everything_as_it_was(
    old: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loader.versions.VERSION", VERSION + 1)
    monkeypatch.setattr("loader.schema.VERSION", VERSION + 1)
    monkeypatch.setitem(loader.versions.MIGRATIONS, VERSION + 1, "select 1 / 0")
    shape, loads = old.rows(SHAPE), old.rows("select * from raw.loads")

    with contextlib.closing(old.database.connect()) as connection, pytest.raises(DivisionByZero):
        ensure_raw_schema(connection)

    assert (old.rows(SHAPE), old.rows("select * from raw.loads")) == (shape, loads)


def test_several_migrate_at_once(old: Warehouse) -> None:
    def migrate(_: int) -> None:
        with contextlib.closing(old.database.connect()) as connection:
            ensure_raw_schema(connection)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(migrate, range(12)))
    assert old.rows("select version from raw.schema_version") == [(VERSION,)]
