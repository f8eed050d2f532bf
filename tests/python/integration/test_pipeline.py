"""The whole way, from CSV files to recorded Parquet files, by `ready run` and by dbt alone."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import forked
import psycopg2
import psycopg2.errors
import pyarrow.parquet
import pytest
from conftest import PROJECT
from warehouse import USER_TABLES, Warehouse, new_database

from ready.postgres import embedded
from ready.postgres.connection import ConnectionParams

SAMPLE = PROJECT / "data" / "raw"
SHARED = PROJECT.parent / "shared" / "data"
LATEST = "orders_2025_h1.csv"
FEATURES = "feats.customer_features"
CURRENT = "select feature_version, data_hash from meta.current_versions"
VERSIONS = "select feature_version, data_hash from meta.feature_registry order by created_at"

# The tables and columns of the contract, docs and users' queries alike.
COLUMNS = {
    "raw.loads": (
        "load_id source file_name file_sha256 file_bytes rows_loaded rows_rejected status superseded_by "
        "loaded_at superseded_at"
    ),
    "raw.raw_events": "load_id line_number payload loaded_at",
    "raw.rejected_rows": "load_id line_number reason raw_line",
    "stg.orders_parsed": (
        "load_id line_number file_name order_id customer_id order_ts amount currency status channel "
        "order_id_raw customer_id_raw order_ts_raw amount_raw currency_raw status_raw channel_raw"
    ),
    "stg.orders": (
        "order_id customer_id order_ts amount currency status channel is_purchase load_id line_number"
    ),
    "stg.orders_rejected": "load_id line_number file_name reason",
    FEATURES: (
        "customer_id feature_time orders_7d revenue_7d avg_order_value_7d max_order_value_7d orders_30d "
        "revenue_30d avg_order_value_30d max_order_value_30d orders_90d revenue_90d avg_order_value_90d "
        "max_order_value_90d orders_total revenue_total days_since_last_order days_since_first_order"
    ),
    "feats.customer_labels": "customer_id feature_time label_revenue_next_30d",
    "feats.customer_training_set": "customer_id feature_time orders_7d label_revenue_next_30d split",
    "meta.dataset_splits": "feature_set feature_version customer_id feature_time split",
    "meta.dataset_split_summary": (
        "feature_set feature_version split time_from time_to row_count entity_count membership_hash "
        "embargo_days created_at"
    ),
    "meta.feature_registry": (
        "feature_set feature_version config_hash sql_hash lineage data_hash row_count columns load_ids "
        "validation_passed git_commit git_dirty invocation_id created_at"
    ),
    "meta.validation_results": (
        "invocation_id check_name column_name rule severity status failures rows_checked created_at"
    ),
}


@pytest.fixture(scope="module")
def built(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The sample, taken the whole way once. Tests that change something take a copy."""
    with new_database(server) as database:
        warehouse = Warehouse(tmp_path_factory.mktemp("built"), database)
        done = warehouse.run()
        (warehouse.folder / "output.txt").write_text(done.stdout)
        yield warehouse


@pytest.fixture
def warehouse(built: Warehouse, server: ConnectionParams, tmp_path: Path) -> Iterator[Warehouse]:
    """A copy of the built one: its database and its artifacts."""
    with new_database(server, template=built.database) as database:
        shutil.copytree(built.artifacts, tmp_path / "artifacts")
        yield Warehouse(tmp_path, database)


def test_the_tables_are_those_of_the_contract(built: Warehouse) -> None:
    there: dict[str, set[str]] = {}
    for table, column in built.rows(
        "select table_schema || '.' || table_name, column_name from information_schema.columns"
    ):
        there.setdefault(table, set()).add(column)
    missing = {table: set(columns.split()) - there.get(table, set()) for table, columns in COLUMNS.items()}
    assert {table: columns for table, columns in missing.items() if columns} == {}


def test_every_record_is_accounted_for(built: Warehouse) -> None:
    records = sum(len(file.read_text().splitlines()) - 1 for file in SAMPLE.glob("*.csv"))
    assert built.value("select count(*) from raw.raw_events") == records
    assert built.value("select sum(rows_loaded) from raw.loads") == records
    assert built.value("select count(*) from stg.orders_parsed") == records
    assert built.counts("stg")["orders"] == 5_000
    assert built.counts("stg")["orders_rejected"] == 0
    for load_id, digest, name in built.rows("select load_id, file_sha256, file_name from raw.loads"):
        assert digest == hashlib.sha256((SAMPLE / name).read_bytes()).hexdigest(), load_id


def test_one_version_is_recorded_with_its_lineage(built: Warehouse) -> None:
    ((lineage, load_ids, rows, passed, columns),) = built.rows(
        "select lineage, load_ids, row_count, validation_passed, columns from meta.feature_registry "
        "where feature_set = 'customer_features' and feature_version = 1"
    )
    assert rows == built.value(f"select count(*) from {FEATURES}")
    assert passed is True
    assert [column["name"] for column in columns] == COLUMNS[FEATURES].split()
    assert {load["file_sha256"] for load in lineage["loads"]} == {
        hashlib.sha256(file.read_bytes()).hexdigest() for file in SAMPLE.glob("*.csv")
    }
    assert load_ids == [load["load_id"] for load in lineage["loads"]]
    nodes = {node["node"].split(".")[-1] for node in lineage["nodes"]}
    assert {"orders_mapped", "orders_parsed", "orders", "order_statuses", "customer_purchases"} <= nodes


def test_the_files_hold_the_splits(built: Warehouse) -> None:
    folder = built.artifacts / "datasets/customer_features/v1"
    manifest = json.loads((folder / "manifest.json").read_text())
    splits = dict(built.rows("select split, count(*) from meta.dataset_splits group by split"))
    assert set(splits) == {"train", "val", "test"}
    assert {entry["name"]: entry["row_count"] for entry in manifest["files"]} == {
        f"{split}.parquet": rows for split, rows in splits.items()
    }
    for entry in manifest["files"]:
        content = (folder / entry["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert pyarrow.parquet.read_table(folder / entry["name"]).num_rows == entry["row_count"]


def test_the_report_passes_and_the_run_tells_its_stages(built: Warehouse) -> None:
    report = built.report
    assert (report["validation_passed"], report["errors"]) == (True, [])
    assert report["run"]["load_ids"] == [1, 2, 3]
    # The sample's files overlap, and the later one brings six orders up to date.
    warned = [check["name"] for check in report["checks"] if check["status"] != "pass"]
    assert warned == ["files_agree"]
    output = (built.folder / "output.txt").read_text()
    told = ["Database", "Load", "Build", "Gate passed", "Report: ", "Record", "Export", "Done in"]
    places = [output.find(word) for word in told]
    assert places == sorted(places)
    assert min(places) >= 0
    for table, rows in [("stg.orders", 5_000), (FEATURES, built.value(f"select count(*) from {FEATURES}"))]:
        assert f"{rows:,} rows" in next(line for line in output.splitlines() if f"  {table} " in line)


def test_a_second_run_changes_nothing(built: Warehouse) -> None:
    meta, tables, artifacts = built.counts("meta"), built.bytes_of(), files_in(built.artifacts)
    done = built.run()
    assert "Nothing changed" in done.stdout
    assert built.counts("meta") == meta
    assert built.bytes_of() == tables
    assert files_in(built.artifacts) == artifacts


def files_in(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    "statement",
    ["update raw.raw_events set payload = '{}'", "delete from raw.raw_events", "truncate raw.raw_events"],
)
def test_raw_events_cannot_be_changed(built: Warehouse, statement: str) -> None:
    with contextlib.closing(built.database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"grant all on raw.raw_events to {built.database.user}")  # the trigger is left
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match=r"raw\.raw_events is immutable"):
            cursor.execute(statement)


def test_three_faults_give_exactly_three_errors(warehouse: Warehouse, tmp_path: Path) -> None:
    lines = (SAMPLE / LATEST).read_text().splitlines(keepends=True)
    lines.insert(50, lines[49])
    lines[99] = with_field(lines[99], "amount", "-3.50")
    lines[149] = with_field(lines[149], "order_ts", "2025-13-01T00:00:00Z")
    (tmp_path / LATEST).write_text("".join(lines))
    assert warehouse.ready("run", "--data", tmp_path / LATEST).returncode == 1
    assert warehouse.report["errors"] == [
        "order_id has 1 duplicate(s)",
        "amount has 1 < 0",
        "order_ts has 1 invalid timestamp(s)",
    ]
    samples = [check["sample"] for check in warehouse.report["checks"] if check["status"] == "fail"]
    assert [[entry["line"] for entry in sample] for sample in samples] == [[50, 51], [100], [150]]


def with_field(line: str, column: str, value: str) -> str:
    fields = line.split(",")
    fields[COLUMNS["stg.orders"].split().index(column)] = value
    return ",".join(fields)


def test_a_changed_file_takes_the_place_of_its_earlier_load_and_a_dirty_one_waits(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    first_load = warehouse.value(f"select load_id from raw.loads where file_name = '{LATEST}'")
    ((_, first_hash),) = warehouse.rows(CURRENT)
    revenue = warehouse.value("select sum(amount) from stg.orders")
    lines = (SAMPLE / LATEST).read_text().splitlines(keepends=True)
    delivered_as = lines[99].split(",")
    lines[99] = with_field(lines[99], "amount", "1234.50")
    (tmp_path / LATEST).write_text("".join(lines))

    warehouse.run("--data", tmp_path / LATEST)

    loads = warehouse.rows("select load_id, status, superseded_by from raw.loads order by load_id")
    assert loads[-2:] == [(first_load, "superseded", first_load + 1), (first_load + 1, "loaded", None)]
    events = f"select count(*) from raw.raw_events where load_id = {first_load}"
    assert warehouse.value(events) == len(lines) - 1, "what was superseded stays"
    after = warehouse.value("select sum(amount) from stg.orders")
    assert float(after - revenue) == pytest.approx(1234.50 - float(delivered_as[3]))
    versions = warehouse.rows(VERSIONS)
    assert [version for version, _ in versions] == [1, 1]
    assert versions[1][1] != first_hash

    before = warehouse.bytes_of()
    done = warehouse.ready("run", "--data", "data/dirty")
    assert done.returncode == 1
    assert "the gate stopped the run: 8 error(s)" in done.stderr
    report = warehouse.report
    assert report["validation_passed"] is False
    assert report["errors"] == [
        "order_id has 1 duplicate(s)",
        "customer_id has 1 null(s)",
        "amount has 1 null(s)",
        "amount has 2 non-numeric value(s)",
        "amount has 1 < 0",
        "order_ts has 1 invalid timestamp(s)",
        "currency has 2 invalid value(s)",
        "status has 3 invalid value(s)",
    ]
    assert report["warnings"] == [
        f"{LATEST} has 1 record(s) that could not be read, first at line 1250: 4 fields, expected 7",
        f"{LATEST} replaced an earlier file of its name (1,801 row(s) then, 1,801 now): 1 order(s) are gone "
        "that no other file had",
    ]
    assert warehouse.bytes_of() == before

    # The mended file is the good one again: a new load, since its earlier one was superseded.
    warehouse.run()
    assert warehouse.report["validation_passed"] is True
    assert warehouse.rows(CURRENT) == [(1, first_hash)]
    assert warehouse.rows(VERSIONS) == versions, "this build is on record already"
    assert warehouse.value("select sum(amount) from stg.orders") == revenue
    assert warehouse.value("select count(*) from raw.loads where status = 'superseded'") == 3


def test_the_version_goes_up_with_the_definition_alone(warehouse: Warehouse, tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path / "project")
    features = project / "configs" / "features.yaml"
    orders = project / "models" / "staging" / "orders.sql"

    features.write_text(
        "# A comment.\n\n" + features.read_text().replace("windows: [7, 30,", "windows: [7,30,")
    )
    orders.write_text("-- Another.\n" + orders.read_text().replace("\n\n", "\n\n\n"))
    # Descriptions and groups are no part of it either.
    reword(project / "models/features/_models.yml", "One row per", "A row for each")
    reword(project / "models/_groups.yml", "ML engineers", "Others")
    reword(features, "Purchases in", "How many purchases in")
    done = warehouse.run(READY_PROJECT_DIR=project)
    assert "Build" in done.stdout, "the files differ, so everything was built"
    assert [version for version, _ in warehouse.rows(VERSIONS)] == [1]

    features.write_text(features.read_text().replace("windows: [7,30, 90]", "windows: [7, 14, 30, 90]"))
    warehouse.run(READY_PROJECT_DIR=project)
    assert [version for version, _ in warehouse.rows(VERSIONS)] == [1, 2]
    assert warehouse.value(f"select count(orders_14d) from {FEATURES}") > 0
    assert (warehouse.artifacts / "datasets/customer_features/v2/manifest.json").exists()

    # Upstream counts too, even where it happens to give the same rows.
    orders.write_text(orders.read_text().replace("select * from final", "select * from final where true"))
    warehouse.run(READY_PROJECT_DIR=project)
    (_, second), (version, third) = warehouse.rows(VERSIONS)[1:]
    assert (version, third) == (3, second)


def reword(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def copy_of_the_project(folder: Path) -> Path:
    for name in (
        "models",
        "macros",
        "configs",
        "seeds",
        "snapshots",
        "tests/dbt",
        "packages",
        "profiles",
        "data",
    ):
        shutil.copytree(PROJECT / name, folder / name)
    for name in ("dbt_project.yml", "packages.yml", "package-lock.yml"):
        shutil.copy(PROJECT / name, folder)
    return folder


def test_dbt_alone_builds_the_same_tables(built: Warehouse, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with embedded_server(home) as database:
        alone = Warehouse(tmp_path, database)
        environ = {name: value for name, value in alone.environ.items() if not name.startswith("PG")}
        environ |= {"DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs")}

        def printed(done: subprocess.CompletedProcess[str]) -> str:
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        printed(forked.ready("load", SAMPLE, cwd=PROJECT, env=environ))
        # With the unit tests, which take as long again, in test_readme.py.
        build = ("build", "--exclude-resource-type", "unit_test")
        assert " ERROR=0 " in printed(
            forked.dbt(*build, "--profiles-dir", "profiles", cwd=PROJECT, env=environ)
        )
        for table in ("stg.orders", FEATURES, "feats.customer_labels", "feats.customer_training_set"):
            assert alone.content_of(table) == built.content_of(table), table
        assert alone.rows(VERSIONS) == built.rows(VERSIONS)

        part = ("dbt", *build, "-s", "customer_features+")
        printed(forked.ready(*part, cwd=tmp_path, env=environ))
        assert alone.rows(VERSIONS) == built.rows(VERSIONS)
        whole = printed(forked.ready("run", cwd=PROJECT, env=environ))
        assert "Build" in whole, "no mark of ready run is left"
        assert alone.rows(VERSIONS) == built.rows(VERSIONS)


@contextlib.contextmanager
def embedded_server(home: Path) -> Iterator[ConnectionParams]:
    try:
        yield embedded.start(home)
    finally:
        embedded.reset(home)


def test_a_build_with_a_prefix_leaves_the_tables_alone(warehouse: Warehouse) -> None:
    tables = [
        *USER_TABLES,
        "stg.orders_parsed",
        "meta.model_definitions",
        "meta.build_state",
        "meta.validation_results",
    ]
    before = warehouse.bytes_of(tables)
    warehouse.run(READY_SCHEMA_PREFIX="pr_7_")
    assert warehouse.bytes_of(tables) == before
    for table in ("stg.orders", FEATURES, "feats.customer_labels", "feats.customer_training_set"):
        assert warehouse.content_of(f"pr_7_{table}") == warehouse.content_of(table)
    recorded = "select feature_version, data_hash from pr_7_meta.feature_registry"
    assert warehouse.rows(recorded) == warehouse.rows(VERSIONS)

    unknown = warehouse.ready("db", "drop", "pr_8_", "--yes")
    assert unknown.returncode == 2
    assert "no build with the prefix 'pr_8_' is there\n  Next: prefixes of builds: pr_7_" in unknown.stderr
    assert warehouse.ready("db", "drop", "", "--yes").returncode == 2
    warehouse.execute("create view public.peek as select * from pr_7_feats.customer_features")
    assert "they are read by public.peek" in warehouse.ready("db", "drop", "pr_7_", "--yes").stderr
    warehouse.execute("drop view public.peek")
    dropped = warehouse.ready("db", "drop", "pr_7_", "--yes")
    assert dropped.stdout == "Dropped pr_7_feats, pr_7_meta, pr_7_stg.\n", dropped.stderr
    assert warehouse.rows("select nspname from pg_namespace where nspname like 'pr%'") == []
    assert warehouse.bytes_of(tables) == before


def test_a_deferred_build_reads_what_it_has_not_from_the_other_environment(
    built: Warehouse, tmp_path: Path
) -> None:
    before = built.bytes_of()
    shutil.copy(built.folder / "home" / "dbt" / "target" / "manifest.json", tmp_path)
    build = ("dbt", "build", "--select", "customer_labels+", "--exclude-resource-type", "unit_test")
    done = built.ready(*build, "--defer", "--state", tmp_path, READY_SCHEMA_PREFIX="pr_8_")
    assert done.returncode == 0, done.stdout + done.stderr
    assert built.bytes_of() == before
    assert set(built.counts("pr_8_feats")) == {"customer_labels", "customer_training_set"}
    for table in ("feats.customer_labels", "feats.customer_training_set"):
        assert built.content_of(f"pr_8_{table}") == built.content_of(table)
    told = built.ready("diff", "--prefix", "pr_8_", "--exit-code")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Of 4 table(s) 2 are the same, 2 are not in this build." in told.stdout


@pytest.mark.thorough  # the one before defers without a change
def test_a_deferred_build_of_changed_features_is_of_these_all_the_way_down(
    built: Warehouse, tmp_path: Path
) -> None:
    assert built.ready("dbt", "parse", "--target-path", tmp_path).returncode == 0
    configs = tmp_path / "configs"
    shutil.copytree(PROJECT / "configs", configs)
    features = configs / "features.yaml"
    active = ("# active_within: 365 ", "active_within: 200 #")
    features.write_text(features.read_text().replace(*active))
    build = ("dbt", "build", "--select", "customer_features+", "--exclude-resource-type", "unit_test")
    deferred = built.ready(
        *build, "--defer", "--state", tmp_path, READY_SCHEMA_PREFIX="pr_9_", READY_CONFIGS=configs
    )
    assert deferred.returncode == 0, deferred.stdout + deferred.stderr
    rows = built.counts("pr_9_feats")
    assert rows["customer_features"] < built.value("select count(*) from feats.customer_features")
    assert rows["customer_labels"] == rows["customer_training_set"] == rows["customer_features"]
    features_of = "select count(*) from pr_9_feats.customer_features_at('C000001')"
    assert built.value(features_of) == 1, "by what it reads of the other environment"


def test_names_in_any_script_and_a_server_named_by_its_url(
    built: Warehouse, database: ConnectionParams, tmp_path: Path
) -> None:
    data = tmp_path / "выгрузка за 2025 год" / "注文"
    shutil.copytree(SAMPLE, data)
    (data / LATEST).rename(data / "der größte Ärger.csv")
    elsewhere = Warehouse(tmp_path / "out put", database)
    environ = dict.fromkeys(database.env(), "")
    elsewhere.run("--data", data.parent, cwd=tmp_path, DATABASE_URL=database.url(), **environ)
    names = {name for (name,) in elsewhere.rows("select file_name from raw.loads")}
    assert names == {"注文/orders_2024_h1.csv", "注文/orders_2024_h2.csv", "注文/der größte Ärger.csv"}
    # Delivered in another order: of the orders that come twice another delivery may win.
    assert elsewhere.value("select count(*) from stg.orders") == built.value(
        "select count(*) from stg.orders"
    )
    assert (elsewhere.artifacts / "datasets/customer_features/v1/train.parquet").exists()


def test_ctrl_c_ends_a_run_with_a_word(warehouse: Warehouse) -> None:
    before = warehouse.bytes_of()
    with warehouse.started("run", "--data", "data/dirty") as process:
        assert process.stdout is not None
        assert any(line.startswith("Validate") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
    assert process.returncode == 130, output + errors
    assert "Interrupted." in errors
    assert "Traceback" not in errors
    assert "interrupted" in warehouse.report["errors"][0]
    assert warehouse.bytes_of() == before


def test_two_runs_at_once_take_turns(warehouse: Warehouse) -> None:
    definitions = "update meta.build_state set build_key = 'of another build'"
    with contextlib.closing(warehouse.database.connect()) as connection, connection, connection.cursor() as c:
        c.execute(definitions)
    with ThreadPoolExecutor(2) as at_once:
        both = list(at_once.map(warehouse.ready, ("run", "run")))
    outputs = [done.stdout for done in both]
    assert [done.returncode for done in both] == [0, 0], outputs
    assert sorted("is at work on this database" in output for output in outputs) == [False, True]
    assert sorted("Nothing changed" in output for output in outputs) == [False, True]
    assert len(warehouse.rows(VERSIONS)) == 1
