"""`ready reproduce`: what was recorded comes out again, whatever happened since; what does not is shown."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from proof_case import Shop
from warehouse import new_database

from ready.database.query import connected
from ready.dataset.export import export_dataset
from ready.errors import UsageError
from ready.postgres.connection import ConnectionParams
from ready.proof.exports import compare_exports, manifest_difference
from ready.proof.scratch import Scratch
from ready.recorded.registry import find_build
from ready.recorded.registry_diff import diff_builds

EQUAL_V1 = """\
  features, 2,211 rows     equal
  labels, 2,211 rows       equal
  split train, 940 rows    equal
  split val, 151 rows      equal
  split test, 543 rows     equal
  manifest.json            equal
  train.parquet            equal
  val.parquet              equal
  test.parquet             equal
customer_features version 1 came out the same, bit for bit.
"""

EXPORT = "datasets/customer_features/v1"

# Holds the purchases against the orders.
SAME_PURCHASES = "tests/dbt/singular/every_purchase_is_in_customer_purchases_once.sql"


@pytest.fixture(scope="module")
def changed_shop(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Since version 1: a corrected file, another window, other SQL upstream; the last two not committed."""
    with new_database(server, template=built_shop.database) as database:
        shop = built_shop.copy(tmp_path_factory.mktemp("changed") / "shop", database)
        file = shop.data / "orders_2025_h1.csv"
        file.write_text("\n".join(file.read_text().splitlines()[:1500]).replace(",17.33,", ",99.00,"))
        shop.edit("configs/features.yaml", "[7, 30, 90]", "[7, 60]")
        for part in ("models/staging/customer_purchases.sql", SAME_PURCHASES):
            shop.edit(part, "is_purchase\n", "is_purchase and amount > 10\n")
        shop.run("--data", shop.data)
        yield shop


@pytest.fixture
def changed(changed_shop: Shop, server: ConnectionParams) -> Iterator[Shop]:
    """The same with a database of its own to spoil."""
    with new_database(server, template=changed_shop.database) as database:
        yield replace(changed_shop, database=database)


def test_a_version_is_rebuilt_after_data_definition_and_sql_have_changed(changed_shop: Shop) -> None:
    versions = "select feature_version, load_ids from meta.feature_registry order by 1"
    assert changed_shop.rows(versions) == [(1, [1, 2, 3]), (2, [1, 2, 4])]
    before = changed_shop.bytes_of()
    done = changed_shop.ready("reproduce", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Rebuilt with commit " in done.stdout
    assert "from load(s) 1, 2, 3\n" in done.stdout
    assert done.stdout.endswith(EQUAL_V1)
    assert changed_shop.bytes_of() == before
    assert not any(name.startswith("repro_") for name in changed_shop.schemas())
    assert verdict_on(changed_shop, 1) == ("equal", "")


def test_the_export_of_an_earlier_release_is_proved_in_its_form(shop: Shop, tmp_path: Path) -> None:
    """Exact, and without types and roles in manifest and files; then one value of it is another.

    And its manifest says something else.
    """
    folder = tmp_path / "datasets/customer_features/v1"
    with connected(shop.settings) as connection:
        known = dict.fromkeys(("feature_set", "feature_version", "data_hash", "config_hash", "sql_hash"))
        earlier = known | dict.fromkeys(("label_split_hash", "columns"))
        export_dataset(connection, settings=shop.settings, out=folder, like=earlier)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest.keys() == {*earlier, "files"}
    assert {"name": "revenue_7d", "type": "decimal128(38, 6)"} in manifest["columns"]
    table = pq.read_table(folder / "val.parquet")
    pq.write_table(table.set_column(2, "orders_7d", pc.add(table["orders_7d"], 1)), folder / "val.parquet")
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"row_count": 151', '"row_count": 999', 1))
    done = shop.ready("reproduce", "1", "--artifacts", tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "  train.parquet            equal\n" in done.stdout
    assert "  val.parquet              DIFFERENT: row 1 was (customer_id " in done.stdout
    assert "  test.parquet             equal\n" in done.stdout
    line = "  manifest.json            DIFFERENT: row_count of val.parquet was 999, became 151\n"
    assert line in done.stdout


def test_a_manifest_that_says_something_else_is_written_again(shop: Shop) -> None:
    """Of the files nothing has changed."""
    file = shop.artifacts / EXPORT / "manifest.json"
    text = file.read_text()
    file.write_text(text.replace('"row_count": 151', '"row_count": 999', 1))
    shop.ready("export")
    assert json.loads(file.read_text())["files"] == json.loads(text)["files"]


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ('"config_hash": "', '"config_hash": "0', "config_hash was 0"),
        ('"sha256": "', '"sha256": "0', "sha256 of train.parquet was 0"),
        ('"feature_version": 1', '"feature_version": 2', "feature_version was 2, became 1"),
    ],
)
def test_where_a_manifest_says_something_else(built_shop: Shop, old: str, new: str, difference: str) -> None:
    folder = built_shop.artifacts / EXPORT
    text = (folder / "manifest.json").read_text()
    written, edited = json.loads(text), json.loads(text.replace(old, new, 1))
    assert manifest_difference(folder, edited, written).startswith(difference)
    assert manifest_difference(folder, written, written) == ""


def test_a_fingerprint_that_is_not_on_record_is_different(shop: Shop) -> None:
    """Before anything is rebuilt to compare with: None in place of where."""
    folder = shop.artifacts / EXPORT
    record = json.loads((folder / "manifest.json").read_text())
    changed = {**record, "data_hash": f"0{record['data_hash'][1:]}"}
    (folder / "manifest.json").write_text(json.dumps(changed))
    (finding,) = compare_exports(shop.settings, cast(Scratch, None), record)
    assert (finding.what, finding.same) == ("manifest.json", False)
    assert f"v1 names the fingerprint {changed['data_hash']}, which is not on record" in finding.detail


def test_uncommitted_code_serves_while_it_is_there(changed_shop: Shop) -> None:
    done = changed_shop.ready("reproduce", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Rebuilt with the current code from load(s) 1, 2, 4\n" in done.stdout
    page = (changed_shop.artifacts / "reports/index.html").read_text()
    assert page.count("The published version came out the same (ready reproduce, ") == 1
    assert verdict_on(changed_shop, 2) == ("equal", "")


def verdict_on(shop: Shop, version: int) -> tuple[str, str]:
    """That of the registry, which the manifest of the export has too."""
    shown = json.loads(shop.ready("registry", "show", str(version)).stdout)
    found = shown["builds"][0]["reproduction"]
    folder = shop.artifacts / f"datasets/customer_features/v{version}"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["verdicts"] == {"leakage": {"verdict": "unchecked"}, "reproduction": found}
    return found["verdict"], found["differs"]


def test_code_that_is_lost_is_named(changed: Shop, tmp_path: Path) -> None:
    shop = changed.copy(tmp_path / "lost", changed.database)
    shop.git("checkout", "--quiet", ".")
    shop.tamper("update meta.feature_registry set git_commit = repeat('0', 40) where feature_version = 2")
    done = shop.ready("reproduce", "2")
    assert done.returncode == 1
    assert "the current code: it has another definition of customer_purchases" in done.stderr
    assert "commit 000000000000 is not in this checkout" in done.stderr
    assert "it was built with uncommitted changes, which are not kept" in done.stderr


def test_rows_that_come_out_otherwise_are_shown(shop: Shop) -> None:
    """Raw was changed behind the project's back: so the table in use, still the recorded one, differs."""
    shop.execute("alter table raw.raw_events disable trigger all")
    shop.execute(
        """update raw.raw_events set payload = payload || '{"amount": "20.00"}' """
        "where payload ->> 'order_id' = 'O00003240'"
    )
    file = shop.artifacts / "datasets" / "customer_features" / "v1" / "val.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    done = shop.ready("reproduce", "1@" + shop.value("select data_hash from meta.feature_registry")[:6])
    assert done.returncode == 1
    # 2.67 more than the 17.33 of the file.
    assert (
        "revenue_30d: 1 row(s); first: customer C000015 at 2025-02-01 was 92.610000, became 95.280000"
        in done.stdout
    )
    assert "labels, 2,211 rows       DIFFERENT: label_revenue_next_30d: 1 row(s)" in done.stdout
    assert "train.parquet            DIFFERENT: the metadata were {'data_hash': " in done.stdout
    assert "val.parquet is damaged" in done.stdout
    assert "test.parquet             DIFFERENT: row 16 was (customer_id C000015" in done.stdout
    assert re.search(r"revenue_total \d+\.\d+\), became \(customer_id C000015", done.stdout)


def test_loads_of_another_database_are_refused(shop: Shop) -> None:
    shop.tamper("update raw.loads set file_sha256 = repeat('0', 64) where load_id = 2")
    done = shop.ready("reproduce", "1")
    assert done.returncode == 1
    assert "load 2 (orders_2024_h2.csv) is not in this database's raw.loads as recorded" in done.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [("3", "build 3 is not recorded"), ("1@00", "build 1@00 is not"), ("one", "one names no build")],
)
def test_a_build_that_is_not_recorded_is_refused(built_shop: Shop, name: str, message: str) -> None:
    with (
        contextlib.closing(built_shop.database.connect()) as connection,
        pytest.raises(UsageError, match=message),
    ):
        find_build(connection, built_shop.settings, name)


def test_the_diff_of_two_versions_tells_all_that_changed(changed_shop: Shop) -> None:
    with contextlib.closing(changed_shop.database.connect()) as connection:
        found = diff_builds(connection, changed_shop.settings, "1", "2")
        assert not any(diff_builds(connection, changed_shop.settings, "2", "v2").values())
    assert [line for line in found["config"] if line[0] in "+-"] == ["-  - 30", "-  - 90", "+  - 60"]
    assert "-    where is_purchase" in found["sql"]
    assert "+    where is_purchase and amount > 10" in found["sql"]
    assert [line.split(":")[0] for line in found["loads"]] == ["-load 3", "+load 4"]
    assert "-revenue_90d: numeric(38,6)" in found["columns"]
    assert "-features: 2,211" in found["rows"]
    seen = {line[1:].split(":")[0].strip() for line in found["distribution"]}
    assert {"revenue_90d", "revenue_60d", "revenue_7d"} <= seen, "gone, new and changed columns"
    assert "-revenue_90d: 2,211 rows, 0 missing, 430 zero, mean 259.658381, from 0 to 5961.46" in "\n".join(
        found["distribution"]
    )
    assert any(line.startswith("@ revenue_7d: PSI 0.0") for line in found["distribution"])
    done = changed_shop.ready("registry", "diff", "1", "2", "--json")
    assert json.loads(done.stdout) == found
