"""One reader, two sinks: whatever is delivered, both engines hold the same rows, ledger and rejects."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from raw_tables import outcomes, rows, write
from spark_case import query

from loader import FilesRefused, LoadOptions, LoadSummary, ServerError, load_files, load_into
from loader.spark.sink import SparkSink
from loader.spark.tables import LOADS, TABLES
from ready.postgres.connection import ConnectionParams
from ready.spark.connection import SparkParams, fetch
from ready.spark.loading import all_loads, spark_sink

PROJECT = Path(__file__).parents[3]
LEDGER = (
    "load_id, source, file_name, file_sha256, file_bytes, rows_loaded, rows_rejected, status, superseded_by, "
    "superseded_at is not null, columns, delimiter, encoding, rows_replaced, orders_gone"
)
EVENTS = "select load_id, line_number, payload from raw.raw_events order by load_id, line_number"
REJECTS = "select * from raw.rejected_rows order by load_id, line_number"

Step = Callable[[Path], None]


def on_postgres(params: ConnectionParams) -> dict[str, list[Any]]:
    return {
        "loads": rows(params, f"select {LEDGER} from raw.loads order by load_id"),
        "events": rows(params, EVENTS),
        "rejects": rows(params, REJECTS),
    }


def on_spark_tables(params: SparkParams) -> dict[str, list[Any]]:
    loads = query(params, f"select {LEDGER} from raw.loads order by load_id")
    return {
        "loads": [(*row[:10], json.loads(row[10]), *row[11:]) for row in loads],
        "events": [(*row[:2], json.loads(row[2])) for row in query(params, EVENTS)],
        "rejects": query(params, REJECTS),
    }


def told(load: Callable[[], LoadSummary]) -> Any:
    """What the caller hears, but for the time it took."""
    try:
        summary = load()
    except FilesRefused as error:
        return error.message, error.hint, [file.outcome for file in error.summary.files]
    return [
        (f.file_name, f.outcome, f.load_id, f.supersedes, f.orders_gone, f.warnings, f.first_rejects)
        for f in summary.files
    ]


def first(folder: Path) -> None:
    write(folder, {"a.csv": 'id;näme\n1;x\n2;"a\tb\\n"\n3\n"4";"q""\n\\t😀"\n', "b.csv": "id\n1\n"})
    (folder / "c.csv.gz").write_bytes(gzip.compress(b"id,x\n1,\n"))


def corrected(folder: Path) -> None:
    write(folder, {"a.csv": "id;näme\n1;y\n", "empty.csv": "id\n"})


def rotated(folder: Path) -> None:
    (folder / "b.csv").rename(folder / "b_1.csv")
    write(folder, {"b.csv": "id,new\n2,\\\n", "nul.csv": b"id\n\x00\na\xff\nok\n"})


def test_both_sinks_hold_the_same(database: ConnectionParams, warehouse: SparkParams, tmp_path: Path) -> None:
    # Two workers may tell of a moved file either way.
    options = LoadOptions(encoding="utf-8", workers=1, order_columns=("id",), max_shrink="70%")
    for step in (first, corrected, rotated, rotated_again, taken_away, withdrawn):
        step(tmp_path)
        foreseen = told(lambda: load_files(database.connect, [tmp_path], options, dry_run=True))
        assert told(lambda: load_into(spark_sink(warehouse), [tmp_path], options, dry_run=True)) == foreseen
        postgres = told(lambda: load_files(database.connect, [tmp_path], options))
        spark = told(lambda: load_into(spark_sink(warehouse), [tmp_path], options))
        assert spark == postgres
        assert on_spark_tables(warehouse) == on_postgres(database)


def rotated_again(folder: Path) -> None:
    """Nothing has changed."""


def taken_away(folder: Path) -> None:
    """One that loses all its orders, an error page, a day without orders, and a loss that is let go."""
    write(
        folder, {"a.csv": "id;näme\n9;y\n", "b.csv": "Service Unavailable\n", "day.csv": "", "day_2.csv": ""}
    )
    write(folder, {"nul.csv": "id\nok\nnew\n"})


def withdrawn(folder: Path) -> None:
    write(folder, {"a.csv": "id;näme\n", "b.csv": "id,new\n2,\n3,\n", "nul.csv": "id\nnew\n"})


def test_a_refused_file_is_told_alike(
    database: ConnectionParams, warehouse: SparkParams, tmp_path: Path
) -> None:
    # The broken one last: a number that it has taken is lost on PostgreSQL, and not on Spark.
    write(tmp_path, {"a.csv": "id\n1\n", "empty.csv": "", "rest.csv": "id,x\n1\n2\n3\n4\n5\n"})
    postgres = told(lambda: load_files(database.connect, [tmp_path]))
    assert told(lambda: load_into(spark_sink(warehouse), [tmp_path])) == postgres
    assert on_spark_tables(warehouse) == on_postgres(database)


def test_the_sample_is_the_same(database: ConnectionParams, warehouse: SparkParams) -> None:
    for folder in ("raw", "dirty"):
        path = PROJECT / "data" / folder
        load_files(database.connect, [path])
        load_into(spark_sink(warehouse), [path])
    assert on_spark_tables(warehouse) == on_postgres(database)


def test_a_file_larger_than_a_row_group(
    warehouse: SparkParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loader.spark.files.GROUP_BYTES", 1 << 16)
    lines = "".join(f'{n},"t\\{n}"\n' for n in range(20_000))
    write(tmp_path, {"a.csv": f"id,text\n{lines}"})
    load_into(spark_sink(warehouse), [tmp_path])
    found = query(warehouse, "select line_number, payload from raw.raw_events order by line_number")
    assert [(n, json.loads(text)) for n, text in found] == [
        (n + 2, {"id": str(n), "text": f"t\\{n}"}) for n in range(20_000)
    ]


def test_a_dry_run_writes_nothing(warehouse: SparkParams, tmp_path: Path) -> None:
    first(tmp_path)
    summary = load_into(spark_sink(warehouse), [tmp_path], dry_run=True)
    assert outcomes(summary.files) == ["would be loaded", "would be loaded", "would be loaded"]
    assert not query(warehouse, "show databases like 'raw'")


def test_a_killed_load_leaves_nothing_to_see(
    warehouse: SparkParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when its events and rejects are in place and its entry in the ledger is not."""
    write(tmp_path, {"a.csv": "id,x\n1,2\n3\n"})
    script = (
        "import os, signal, sys\n"
        "from loader import load_into\n"
        "from loader.spark import files\n"
        "from ready.spark.connection import SparkParams\n"
        "from ready.spark.loading import spark_sink\n"
        "publish = files.NewFile.publish\n"
        "def killed(self):\n"
        "    if self.path.name.startswith('entries'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    publish(self)\n"
        "files.NewFile.publish = killed\n"
        "load_into(spark_sink(SparkParams(port=int(sys.argv[1]))), [sys.argv[2]])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(warehouse.port), str(tmp_path)], cwd=PROJECT, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert query(warehouse, "select count(*) from raw.raw_events_log") == [(1,)]
    empty: dict[str, list[Any]] = {"loads": [], "events": [], "rejects": []}
    assert on_spark_tables(warehouse) == empty
    (result,) = load_into(spark_sink(warehouse), [tmp_path]).files
    assert (result.outcome, result.rows_loaded, result.rows_rejected) == ("loaded", 1, 1)
    assert len(on_spark_tables(warehouse)["events"]) == 1
    assert len(on_spark_tables(warehouse)["rejects"]) == 1


def test_two_loaders_at_once_load_each_file_once(warehouse: SparkParams, tmp_path: Path) -> None:
    write(tmp_path, {f"{n}.csv": f"id\n{n}\n" for n in range(8)})
    spark_sink(warehouse).prepare()
    command = [sys.executable, "-m", "ready", "load", "--target", "spark", str(tmp_path)]
    env = {**os.environ, **warehouse.env()}
    loaders = [subprocess.Popen(command, cwd=PROJECT, env=env, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [loader.wait() for loader in loaders] == [0, 0]
    assert [load["file_name"] for load in all_loads(warehouse)] == [f"{n}.csv" for n in range(8)]
    assert query(warehouse, "select count(*) from raw.raw_events") == [(8,)]


def test_an_open_session_sees_new_loads(warehouse: SparkParams, tmp_path: Path) -> None:
    """By default Spark keeps what it knows of a table's files as long as the session."""
    load_into(spark_sink(warehouse), [write(tmp_path, {"a.csv": "id\n1\n"})])
    with closing(warehouse.connect()) as connection:
        assert fetch(connection, "select count(*) from raw.raw_events") == [(1,)]
        load_into(spark_sink(warehouse), [write(tmp_path, {"b.csv": "id\n2\n"})])
        assert fetch(connection, "select count(*) from raw.raw_events") == [(2,)]


def test_a_warehouse_elsewhere_is_told(warehouse: SparkParams, spark_home: Path, tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id\n1\n"})
    load_into(spark_sink(warehouse), [tmp_path])
    place = spark_home / "spark" / "warehouse" / "raw.db"
    place.rename(tmp_path / "gone")
    try:
        with pytest.raises(ServerError, match="is not on this machine"):
            load_into(SparkSink(warehouse.connect), [tmp_path])
    finally:
        (tmp_path / "gone").rename(place)


def test_a_ledger_of_an_earlier_release_gets_its_new_columns(
    warehouse: SparkParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = ("rows_replaced", "orders_gone")
    earlier = pa.schema([field for field in LOADS if field.name not in added])
    write(tmp_path, {"a.csv": "id\n1\n"})
    with monkeypatch.context() as patch:
        patch.setitem(TABLES, "loads", earlier)
        for module in ("tables", "ledger", "sink"):
            patch.setattr(f"loader.spark.{module}.LOADS", earlier)
        load_into(spark_sink(warehouse), [tmp_path])
    write(tmp_path, {"a.csv": "id\n1\n2\n"})
    load_into(spark_sink(warehouse), [tmp_path], LoadOptions(order_columns=("id",)))
    counts = "select load_id, rows_replaced, orders_gone from raw.loads order by load_id"
    assert query(warehouse, counts) == [(1, None, None), (2, 1, 0)]


def test_the_ledger_is_listed(
    warehouse: SparkParams, on_spark: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    assert on_spark("load", "--target", "spark").returncode == 0
    listed = on_spark("load", "--target", "spark", "--list", "--json")
    assert [load["load_id"] for load in json.loads(listed.stdout)] == [1, 2, 3]
