"""`ready export` on tables made by hand, so that nothing here depends on dbt."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.errors
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import PROJECT, RunReady
from psycopg2.extensions import connection as Connection

import ready.dataset.arrow
import ready.dataset.export
from ready.dataset.export import ExportResult, export_dataset
from ready.errors import CheckFailed, ReadyError, UsageError
from ready.postgres.connection import ConnectionParams
from ready.settings import Settings

TABLES = """
create schema feats;
create schema meta;
create table meta.feature_registry (
    feature_set text, feature_version int, data_hash text, config_hash text, sql_hash text, columns jsonb,
    config json, created_at timestamptz default now(), load_ids bigint[],
    lineage jsonb default '{"models": [], "nodes": []}');
create table meta.current_versions (
    feature_set text, feature_version int, data_hash text, invocation_id text, built_at timestamptz);
create table meta.dataset_splits (
    feature_set text, feature_version int, customer_id text, feature_time timestamptz, split text);
create table feats.customer_training_set (
    customer_id text, feature_time timestamptz, orders_7d bigint, days_since_last_order int,
    revenue_7d numeric(38,6), avg_order_value_7d numeric(38,6), label double precision, split text);
"""

FEATURES = (
    "customer_id", "feature_time", "orders_7d", "days_since_last_order", "revenue_7d", "avg_order_value_7d",
)  # fmt: skip

CONFIG = {
    "features": {
        "windows": [7],
        "aggregations": {"orders": "count", "revenue": "sum of amount", "avg_order_value": "avg of amount"},
    },
    "label": {"horizon": 14, "label": {"revenue": "sum of amount"}},
    "splits": {"by": "both"},
    "orders": {},
}

ROWS = """
insert into feats.customer_training_set values
('b', '2024-02-01Z', 2, 1, 12.5, 6.25, 0.1, 'train'),
('B', '2024-02-01Z', 0, 40, 0, null, 1e-300, 'train'),
('Ä"x", y', '2024-02-01Z', 1, 0, -99999999999999999999999999999999.999999, 0.000001, 'NaN', 'train'),
(E'line\\nbreak', '1969-12-31 23:59:59.999999Z', 1, 3, 1.1, 1.1, null, 'train'),
('', '2024-01-01Z', 1, 3, 1.1, 1.1, 0.30000000000000004, 'train'),
('b', '2024-01-01Z', 1, 3, 1.1, 1.1, 'Infinity', 'train'),
('b', '2024-05-01Z', 1, 3, 1.1, 1.1, 1, 'val'),
('b', '2024-07-01Z', 1, 3, 1.1, 1.1, 1, null);
"""


@pytest.fixture
def connection(database: ConnectionParams) -> Iterator[Connection]:
    with closing(database.connect()) as connection:
        connection.autocommit = True
        execute(connection, TABLES + ROWS)
        record(connection, version=1, data_hash="a" * 64)
        yield connection


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        project_dir=PROJECT,
        home=tmp_path / "home",
        configs=PROJECT / "configs",
        artifacts=tmp_path / "artifacts",
        schema_prefix="",
        environ={},
    )


ROLES = {
    "keys": ["customer_id"],
    "time": "feature_time",
    "features": [
        {"name": "orders_7d", "aggregation": "count", "window_days": 7, "unit": "orders", "nulls": 0},
        {"name": "days_since_last_order", "aggregation": "days_since_last", "unit": "days", "nulls": 0},
        {"name": "revenue_7d", "aggregation": "sum", "column": "amount", "window_days": 7, "nulls": 0},
        {
            "name": "avg_order_value_7d",
            "aggregation": "avg",
            "column": "amount",
            "window_days": 7,
            "nulls": 1,
        },
    ],
    "label": {"name": "label", "nulls": 1},
    "split": {"column": "split", "by": "both", "embargo_days": 14},
    "fingerprint": "a" * 64,
}


def execute(connection: Connection, statement: str, *arguments: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments or None)


def fetch(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def record(
    connection: Connection, *, version: int, data_hash: str, features: tuple[str, ...] = FEATURES
) -> None:
    """What the post-hooks record of a build: the version, its splits, and that it is current."""
    key = ("customer_features", version, data_hash)
    columns = json.dumps([{"name": name} for name in features])
    execute(
        connection,
        "insert into meta.feature_registry values (%s, %s, %s, 'config', 'sql', %s, %s)",
        *key,
        columns,
        json.dumps(CONFIG),
    )
    execute(connection, "delete from meta.dataset_splits where feature_version = %s", version)
    execute(
        connection,
        "insert into meta.dataset_splits select %s, %s, customer_id, feature_time, split "
        "from feats.customer_training_set where split is not null",
        *key[:2],
    )
    execute(connection, "delete from meta.current_versions")
    execute(connection, "insert into meta.current_versions values (%s, %s, %s, 'run', now())", *key)


def files_of(result: ExportResult) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in result.folder.iterdir()}


def remains(settings: Settings) -> list[str]:
    """Everything below the artifacts folder that is a file."""
    found = settings.artifacts.rglob("*")
    return sorted(str(path.relative_to(settings.artifacts)) for path in found if path.is_file())


def test_exact_values_are_exact_and_rows_in_key_order(connection: Connection, settings: Settings) -> None:
    result = export_dataset(connection, settings=settings, exact=True)
    table = pq.read_table(result.folder / "train.parquet")
    names = ("customer_id", "feature_time", "revenue_7d", "avg_order_value_7d", "orders_7d")
    expected = fetch(
        connection,
        f"select {', '.join(names)} from feats.customer_training_set where split = 'train' "
        'order by customer_id collate "C", feature_time',
    )
    assert [tuple(row[name] for name in names) for row in table.to_pylist()] == expected
    assert table["customer_id"].to_pylist() == ["", "B", "b", "b", "line\nbreak", 'Ä"x", y']
    assert [str(label) for label in table["label"].to_pylist()] == [
        "0.30000000000000004", "1e-300", "inf", "0.1", "None", "nan",
    ]  # fmt: skip


def test_values_for_models_are_the_nearest_doubles_of_the_exact_ones(
    connection: Connection, settings: Settings, tmp_path: Path
) -> None:
    exact = export_dataset(connection, settings=settings, exact=True, out=tmp_path / "exact")
    result = export_dataset(connection, settings=settings)
    for split in ("train", "val"):
        rows = [pq.read_table(each.folder / f"{split}.parquet").to_pylist() for each in (exact, result)]
        expected = [
            {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}
            for row in rows[0]
        ]
        assert repr(rows[1]) == repr(expected)  # where nan equals nan


def test_types_are_for_models(connection: Connection, settings: Settings) -> None:
    """Text, dates, clock times and small integers of one's own features too."""
    features = (*FEATURES, "channel", "day", "clock", "small", "loyal")
    execute(
        connection,
        "alter table feats.customer_training_set add channel text, add day date, add clock timestamp, "
        "add small smallint, add loyal boolean",
    )
    execute(
        connection,
        "update feats.customer_training_set set channel = case when split = 'val' then 'web' else 'app' end, "
        "day = '2024-02-29', clock = '2024-02-29 12:00:00.5', small = 3, loyal = true "
        "where customer_id = 'b'",
    )
    record(connection, version=2, data_hash="c" * 64, features=features)
    result = export_dataset(connection, settings=settings)
    instant, double, integer = pa.timestamp("us", tz="UTC"), pa.float64(), pa.int64()
    category = pa.dictionary(pa.int32(), pa.string())
    for split in ("train", "val", "test"):
        assert pq.read_schema(result.folder / f"{split}.parquet").remove_metadata() == pa.schema(
            {
                "customer_id": pa.string(),
                "feature_time": instant,
                "orders_7d": integer,
                "days_since_last_order": integer,
                "revenue_7d": double,
                "avg_order_value_7d": double,
                "label": double,
                "split": pa.string(),
                "channel": category,
                "day": instant,
                "clock": instant,
                "small": integer,
                "loyal": pa.bool_(),
            }
        )
    train, val = (pq.read_table(result.folder / f"{split}.parquet") for split in ("train", "val"))
    assert val.select(["day", "clock", "small", "loyal", "channel"]).to_pylist() == [
        {
            "day": datetime(2024, 2, 29, tzinfo=timezone.utc),
            "clock": datetime(2024, 2, 29, 12, microsecond=500_000, tzinfo=timezone.utc),
            "small": 3,
            "loyal": True,
            "channel": "web",
        }
    ]
    assert train["small"].null_count == 4
    # The same codes in every split, also of values that it lacks.
    for table in (train, val):
        assert table["channel"].chunk(0).dictionary.to_pylist() == ["app", "web"]


def test_exact_types_are_those_of_the_catalog(connection: Connection, settings: Settings) -> None:
    result = export_dataset(connection, settings=settings, exact=True)
    assert pq.read_schema(result.folder / "val.parquet").remove_metadata() == pa.schema(
        {
            "customer_id": pa.string(),
            "feature_time": pa.timestamp("us", tz="UTC"),
            "orders_7d": pa.int64(),
            "days_since_last_order": pa.int32(),
            "revenue_7d": pa.decimal128(38, 6),
            "avg_order_value_7d": pa.decimal128(38, 6),
            "label": pa.float64(),
            "split": pa.string(),
        }
    )


def test_manifest_and_metadata_identify_the_files(connection: Connection, settings: Settings) -> None:
    result = export_dataset(connection, settings=settings)
    identity: dict[str, Any] = {
        "feature_set": "customer_features",
        "feature_version": 1,
        "data_hash": "a" * 64,
        "config_hash": "config",
        "sql_hash": "sql",
        "label_split_hash": result.manifest["label_split_hash"],
    }
    assert re.fullmatch("[0-9a-f]{32}", identity["label_split_hash"])
    assert result.folder == settings.datasets / "customer_features" / "v1"
    manifest = json.loads((result.folder / "manifest.json").read_text())
    assert manifest == result.manifest
    assert {key: manifest[key] for key in identity} == identity
    assert {"name": "revenue_7d", "type": "double"} in manifest["columns"]
    assert manifest["types"] == "model"
    assert manifest["roles"] == ROLES
    assert list(manifest)[-3:] == ["figures", "verdicts", "files"]
    assert manifest["figures"]["overlap"]["val"]["rows_of_customers_in_train"] == 1
    assert manifest["verdicts"] == {
        "leakage": {"verdict": "unchecked"},
        "reproduction": {"verdict": "not reproduced"},
    }
    assert [(file["split"], file["row_count"]) for file in manifest["files"]] == [
        ("train", 6), ("val", 1), ("test", 0),
    ]  # fmt: skip
    for file in manifest["files"]:
        content = (result.folder / file["name"]).read_bytes()
        assert (file["sha256"], file["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
        metadata = pq.read_schema(result.folder / file["name"]).metadata
        expected = {**identity, "split": file["split"], "types": "model"}
        assert json.loads(metadata[b"roles"]) == ROLES
        assert {key: metadata[key.encode()].decode() for key in expected} == {
            key: str(value) for key, value in expected.items()
        }


def test_each_form_replaces_the_other_and_has_its_own_bytes(
    connection: Connection, settings: Settings
) -> None:
    model = files_of(export_dataset(connection, settings=settings))
    exact = export_dataset(connection, settings=settings, exact=True)
    assert (exact.written, exact.manifest["types"]) == (True, "exact")
    assert not export_dataset(connection, settings=settings, exact=True).written
    again = export_dataset(connection, settings=settings)
    assert again.written
    assert files_of(again) == model


def test_the_form_of_an_earlier_manifest_can_be_asked_for(
    connection: Connection, settings: Settings, tmp_path: Path
) -> None:
    """An earlier release said neither types nor roles: exact, and its files have no more in them."""
    exact = export_dataset(connection, settings=settings, exact=True)
    later = ("types", "roles", "figures", "verdicts")
    earlier = {key: value for key, value in exact.manifest.items() if key not in later}
    result = export_dataset(connection, settings=settings, out=tmp_path / "earlier", like=earlier)
    assert result.manifest.keys() == earlier.keys()
    schema = pq.read_schema(result.folder / "train.parquet")
    assert schema.remove_metadata() == pq.read_schema(exact.folder / "train.parquet").remove_metadata()
    assert not {b"types", b"roles"} & schema.metadata.keys()
    model = export_dataset(connection, settings=settings, out=tmp_path / "model")
    alike = export_dataset(connection, settings=settings, out=tmp_path / "alike", like=model.manifest)
    parquet = [file["name"] for file in model.manifest["files"]]
    assert [files_of(alike)[name] for name in parquet] == [files_of(model)[name] for name in parquet]


def test_an_empty_split_is_a_file_with_the_schema(connection: Connection, settings: Settings) -> None:
    result = export_dataset(connection, settings=settings)
    test, train = (pq.read_table(result.folder / f"{split}.parquet") for split in ("test", "train"))
    assert test.num_rows == 0
    assert test.schema.remove_metadata() == train.schema.remove_metadata()


def test_the_same_version_has_the_same_bytes(
    connection: Connection, settings: Settings, tmp_path: Path
) -> None:
    first = export_dataset(connection, settings=settings)
    execute(connection, "create table moved as select * from feats.customer_training_set order by split desc")
    execute(connection, "truncate feats.customer_training_set")
    execute(connection, "insert into feats.customer_training_set select * from moved")
    second = export_dataset(connection, settings=settings, out=tmp_path / "elsewhere")
    assert files_of(first) == files_of(second)


def test_batches_become_row_groups_and_progress(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready.dataset.arrow, "BATCH_ROWS", 4)
    seen: list[tuple[int, int]] = []
    result = export_dataset(connection, settings=settings, progress=lambda *counts: seen.append(counts))
    assert seen == [(4, 7), (6, 7), (7, 7)]
    assert pq.ParquetFile(result.folder / "train.parquet").num_row_groups == 2


def test_an_export_that_is_there_is_left_alone(connection: Connection, settings: Settings) -> None:
    first = export_dataset(connection, settings=settings)
    before = (first.folder / "train.parquet").stat()
    second = export_dataset(connection, settings=settings)
    assert (first.written, second.written) == (True, False)
    assert second.manifest == first.manifest
    assert (first.folder / "train.parquet").stat() == before


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_a_damaged_export_is_written_again(connection: Connection, settings: Settings, damage: str) -> None:
    first = export_dataset(connection, settings=settings)
    before = files_of(first)
    path = first.folder / "val.parquet"
    if damage == "changed":
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    else:
        path.unlink()
    second = export_dataset(connection, settings=settings)
    assert second.written
    assert files_of(second) == before


def test_new_data_replaces_the_files_of_its_version(connection: Connection, settings: Settings) -> None:
    export_dataset(connection, settings=settings)
    execute(connection, "delete from feats.customer_training_set where split = 'val'")
    record(connection, version=1, data_hash="b" * 64)
    result = export_dataset(connection, settings=settings)
    assert result.written
    assert pq.read_table(result.folder / "val.parquet").num_rows == 0


def test_a_label_that_changed_under_the_same_features_is_written(
    connection: Connection, settings: Settings
) -> None:
    """The last orders move labels only: data_hash, which covers the features, stays as it was."""
    first = export_dataset(connection, settings=settings)
    execute(connection, "update feats.customer_training_set set label = 7 where split = 'val'")
    second = export_dataset(connection, settings=settings)
    assert second.written
    assert second.manifest["data_hash"] == first.manifest["data_hash"]
    assert second.manifest["label_split_hash"] != first.manifest["label_split_hash"]
    assert pq.read_table(second.folder / "val.parquet")["label"].to_pylist() == [7.0]


def test_one_split_joins_those_that_are_there(connection: Connection, settings: Settings) -> None:
    def splits(split: str | None) -> list[str]:
        result = export_dataset(connection, settings=settings, split=split)
        assert files_of(result).keys() == {"manifest.json", *(f["name"] for f in result.manifest["files"])}
        return [file["split"] for file in result.manifest["files"]]

    assert splits("val") == ["val"]
    assert splits("train") == ["train", "val"]
    assert splits(None) == ["train", "val", "test"]
    assert splits("val") == ["train", "val", "test"]
    record(connection, version=1, data_hash="b" * 64)
    assert splits("val") == ["val"]


def test_an_unknown_split_is_refused(connection: Connection, settings: Settings) -> None:
    with pytest.raises(UsageError, match="unknown split: dev"):
        export_dataset(connection, settings=settings, split="dev")


def test_only_the_current_version_can_be_exported(connection: Connection, settings: Settings) -> None:
    record(connection, version=2, data_hash="b" * 64)
    assert export_dataset(connection, settings=settings, version=2).manifest["feature_version"] == 2
    with pytest.raises(UsageError, match=r"version 1 .* is recorded, but .* hold version 2 .*: 1, 2"):
        export_dataset(connection, settings=settings, version=1)
    with pytest.raises(UsageError, match=r"version 3 .* is not recorded: they hold version 2"):
        export_dataset(connection, settings=settings, version=3)


@pytest.mark.parametrize("missing", ["table feats.customer_training_set", "schema meta cascade"])
def test_nothing_built_yet(connection: Connection, settings: Settings, missing: str) -> None:
    execute(connection, f"drop {missing}")
    with pytest.raises(UsageError, match="nothing has been built yet") as caught:
        export_dataset(connection, settings=settings)
    assert caught.value.hint == "build it with: ready run"


def test_no_version_recorded(connection: Connection, settings: Settings) -> None:
    execute(connection, "delete from meta.current_versions")
    with pytest.raises(UsageError, match="no version of customer_features"):
        export_dataset(connection, settings=settings)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ("alter table feats.customer_training_set alter revenue_7d type numeric", UsageError, "revenue_7d"),
        ("update feats.customer_training_set set revenue_7d = 'NaN'", CheckFailed, "NaN"),
        ("update feats.customer_training_set set feature_time = 'infinity'", CheckFailed, "infinity"),
        ("delete from feats.customer_training_set where split = 'val'", CheckFailed, "0 val row.* 1 are"),
        ("alter table feats.customer_training_set drop revenue_7d", CheckFailed, "lacks its .* revenue_7d"),
    ],
)
def test_a_failure_leaves_the_earlier_export(
    connection: Connection, settings: Settings, change: str, error: type[ReadyError], message: str
) -> None:
    before = files_of(export_dataset(connection, settings=settings))
    record(connection, version=1, data_hash="b" * 64)
    execute(connection, change)
    with pytest.raises(error, match=message):
        export_dataset(connection, settings=settings)
    folder = settings.datasets / "customer_features" / "v1"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert list(folder.parent.iterdir()) == [folder]


def test_foreign_files_are_never_replaced(connection: Connection, settings: Settings, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    assert export_dataset(connection, settings=settings, out=out).written
    (out / "notes.txt").write_text("keep me")
    with pytest.raises(UsageError, match=r"not from an earlier export: notes\.txt"):
        export_dataset(connection, settings=settings, out=out)
    (out / "manifest.json").write_text('{"name": "someone else\'s"}')
    with pytest.raises(UsageError, match=r"manifest\.json, notes\.txt"):
        export_dataset(connection, settings=settings, out=out)
    with pytest.raises(UsageError, match=r"notes\.txt"):
        export_dataset(connection, settings=settings, out=out / "notes.txt")
    assert (out / "notes.txt").read_text() == "keep me"


def test_a_rebuild_waits_for_the_export(
    connection: Connection, database: ConnectionParams, settings: Settings
) -> None:
    """dbt replaces a table by rename: done half way, the snapshot would see an empty table."""
    refused: list[Exception] = []

    def rebuild(done: int, total: int) -> None:
        with closing(database.connect()) as other:
            execute(other, "set lock_timeout = '50ms'")
            try:
                execute(other, "alter table feats.customer_training_set rename to old")
            except psycopg2.errors.LockNotAvailable as error:
                refused.append(error)

    result = export_dataset(connection, settings=settings, progress=rebuild)
    assert len(refused) == 2
    assert [file["row_count"] for file in result.manifest["files"]] == [6, 1, 0]
    execute(connection, "alter table feats.customer_training_set rename to old")


def test_the_connection_is_given_back_as_it_came(connection: Connection, settings: Settings) -> None:
    export_dataset(connection, settings=settings)
    assert connection.autocommit
    execute(connection, "create table still_writable ()")
    assert fetch(connection, "show transaction_isolation") == [("read committed",)]


KILLED = """
import os, signal, sys
from pathlib import Path
from ready.dataset.export import export_dataset
from ready.postgres.connection import external_params
from ready.settings import Settings

settings = Settings(*map(Path, sys.argv[1:5]), schema_prefix="", environ={})
connection = external_params(os.environ).connect()
export_dataset(connection, settings=settings, progress=lambda *_: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_a_kill_leaves_nothing_under_the_final_name(
    connection: Connection, database: ConnectionParams, settings: Settings
) -> None:
    folders = (settings.project_dir, settings.home, settings.configs, settings.artifacts)
    command = [sys.executable, "-c", KILLED, *map(str, folders)]
    killed = subprocess.run(command, env={**os.environ, **database.env()}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert remains(settings) == ["datasets/customer_features/.v1.partial/train.parquet"]
    result = export_dataset(connection, settings=settings)
    assert result.written
    assert list(result.folder.parent.iterdir()) == [result.folder]


def test_a_kill_between_the_two_renames_is_made_good(connection: Connection, settings: Settings) -> None:
    first = export_dataset(connection, settings=settings)
    first.folder.rename(first.folder.with_name(".v1.previous"))
    second = export_dataset(connection, settings=settings)
    assert not second.written
    assert second.manifest == first.manifest


def test_the_command(
    connection: Connection, database: ConnectionParams, run_ready: RunReady, tmp_path: Path
) -> None:
    def export(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_ready("export", "--artifacts", tmp_path, *arguments, database=database)

    first, second, wrong = export(), export(), export("--version", "7")
    assert first.stdout.splitlines()[0] == "customer_features version 1: written", first.stderr
    assert "train.parquet  6 rows" in first.stdout
    assert second.stdout.splitlines()[0] == "customer_features version 1: already exported"
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "version 7 of customer_features is not recorded" in wrong.stderr
    assert "Traceback" not in wrong.stderr
