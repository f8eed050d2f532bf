"""`ready db backup` and `ready db restore`: there and back with equal fingerprints, or nothing at all."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import RunReady
from proof_case import Shop
from warehouse import USER_TABLES, Warehouse, new_database

from ready.errors import MachineError
from ready.postgres.backup import Programs, backup
from ready.postgres.connection import ConnectionParams

RAW = ("raw.loads", "raw.raw_events", "raw.rejected_rows", "raw.schema_version", "meta.schema_version")


@pytest.fixture(scope="module")
def archive(built_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the sample, taken the whole way."""
    file = tmp_path_factory.mktemp("backup") / "sample.dump"
    done = built_shop.ready("db", "backup", file)
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture
def empty(server: ConnectionParams, tmp_path: Path) -> Iterator[Warehouse]:
    with new_database(server) as database:
        yield Warehouse(tmp_path, database)


def content(warehouse: Warehouse) -> dict[str, Any]:
    return {table: warehouse.content_of(table) for table in (*USER_TABLES, *RAW)}


def test_there_and_back(built_shop: Shop, archive: Path, empty: Warehouse) -> None:
    done = empty.ready("db", "restore", archive)

    assert done.returncode == 0, done.stderr
    assert content(empty) == content(built_shop)
    with pytest.raises(Exception, match="is immutable"):
        empty.execute("delete from raw.raw_events")
    again = empty.run("--data", built_shop.data, READY_PROJECT_DIR=built_shop.project)
    assert "3 already loaded" in again.stdout
    assert "version 1 (already recorded)" in again.stdout
    assert empty.rows("select data_hash from meta.feature_registry") == built_shop.rows(
        "select data_hash from meta.feature_registry"
    )


@pytest.mark.thorough  # the one before goes there and back
def test_restored_into_the_embedded_server_the_roles_have_their_rights(
    built_shop: Shop, archive: Path, run_ready: RunReady
) -> None:
    assert run_ready("db", "restore", archive).returncode == 0
    loaded = run_ready("load", built_shop.data)  # as ready_loader
    assert "3 already loaded" in loaded.stdout, loaded.stderr
    built = run_ready("dbt", "build", "--select", "order_statuses")  # as ready_builder
    assert built.returncode == 0, built.stdout
    owners = "select tableowner from pg_tables where tablename in ('customer_features', 'feature_registry')"
    who = run_ready("db", "psql", "-Atc", f"{owners} order by tablename")
    assert who.stdout.split() == ["ready_builder", "ready_owner"]


def test_data_is_given_up_only_when_told(archive: Path, shop: Shop) -> None:
    shop.execute("create table feats.of_ours as select 1 as x")
    before = content(shop)

    refused = shop.ready("db", "restore", archive)
    assert refused.returncode == 2
    assert "has data already, such as raw." in refused.stderr
    assert "--replace" in refused.stderr
    assert content(shop) == before

    shop.tamper("insert into raw.raw_events (load_id, line_number, payload) values (99, 1, '{}')")
    assert shop.ready("db", "restore", archive, "--replace").returncode == 0
    assert content(shop) == before
    assert shop.value("select to_regclass('feats.of_ours')") is None


def test_a_broken_backup_changes_nothing(archive: Path, shop: Shop, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    before = shop.bytes_of()
    broken = tmp_path / "broken.dump"
    # In the table of contents, and in the rows.
    for share in (0.02, 0.5, 0.99):
        broken.write_bytes(whole[: int(len(whole) * share)])
        done = shop.ready("db", "restore", broken, "--replace")
        assert done.returncode == 3, share
        assert "Traceback" not in done.stderr
        assert shop.bytes_of() == before


def test_a_backup_is_for_its_owner_and_replaces_only_backups(
    built_shop: Shop, archive: Path, tmp_path: Path
) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    refused = built_shop.ready("db", "backup", notes)
    assert (refused.returncode, notes.read_text()) == (2, "mine")
    assert built_shop.ready("db", "restore", notes).returncode == 2
    assert built_shop.ready("db", "restore", tmp_path / "nowhere").returncode == 2
    assert built_shop.ready("db", "backup", tmp_path / "nowhere" / "x").returncode == 3


def test_a_backup_that_fails_leaves_the_earlier_one(
    database: ConnectionParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Programs, name: str, *arguments: str) -> str:
        partial = Path(arguments[-1].removeprefix("--file="))
        partial.write_bytes(b"PGDMP half")
        raise MachineError("No space left on device")

    file = tmp_path / "kept.dump"
    file.write_bytes(b"PGDMP whole")
    monkeypatch.setattr(Programs, "run", fail)
    with pytest.raises(MachineError):
        backup(Programs(database, database.env(), own_server=True), file)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("kept.dump", b"PGDMP whole")]


def test_a_backup_of_before_the_first_release_is_refused(server: ConnectionParams, empty: Warehouse) -> None:
    with new_database(server) as database:
        Warehouse(empty.folder, database).execute(
            "create schema raw; create table raw.loads (load_id bigint); create schema meta"
        )
        # Not through the command, which reads no such database either.
        backup(Programs(database, database.env(), own_server=True), empty.folder / "old.dump")

    done = empty.ready("db", "restore", empty.folder / "old.dump")

    assert done.returncode == 3, done.stderr
    assert "schema raw was made before release 0.1.0" in done.stderr
