"""On Spark, too, features that know their future are caught, and a recorded version comes out again."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from spark_case import emptied, query
from spark_shop import SparkShop

from ready.database.query import connected
from ready.dataset.export import export_dataset
from ready.definition.column_roles import SPLITS
from ready.spark.connection import SparkParams

# The frame runs to the following row.
PEEKING = """{{ config(meta={'ready': {'feature_set': true}}) }}

select customer_id, feature_time, cast(sum(orders_30d) over (
    partition by customer_id order by feature_time rows between current row and 1 following
) as numeric(38, 6)) as orders_60d
from {{ ref('customer_features') }}
where orders_90d > 0
"""
LATER = "orders_2025_h1.csv"
pytestmark = pytest.mark.thorough  # each build takes Spark a minute


@pytest.fixture(scope="module")
def shop(
    spark: SparkParams, spark_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SparkShop]:
    """The sample's first two files are its data, and version 1 made from them; the third lies beside them."""
    with emptied(spark, spark_home):
        shop = SparkShop(tmp_path_factory.mktemp("shop"), spark)
        shop.lay_out()
        (shop.data / LATER).rename(shop.folder / LATER)
        shop.run("--data", shop.data)
        yield shop


def test_a_feature_set_of_ones_own_is_published_and_caught_peeking(shop: SparkShop) -> None:
    (shop.project / "models" / "features" / "own_features.sql").write_text(PEEKING)
    shop.build("--select", "own_features+")
    members = "select split, count(*) from feats.{} where {} and split is not null group by 1 order by 1"
    shares = shop.rows(members.format("customer_training_set", "orders_90d > 0"))
    assert [split for split, _ in shares] == ["test", "train", "val"]
    assert shop.rows(members.format("own_training_set", "orders_60d is not null")) == shares
    splits = "select split, count(*) from meta.dataset_splits where feature_set = 'own_features' group by 1"
    assert shop.rows(f"{splits} order by 1") == shares
    before = shop.rows("select feature_set, feature_version from meta.feature_registry order by 1")
    assert before == [("customer_features", 1), ("own_features", 1)]
    with connected(shop.settings) as connection:
        out = shop.folder / "exported"
        made = export_dataset(connection, settings=shop.settings, feature_set="own_features", out=out)
    assert {file["split"]: file["row_count"] for file in made.manifest["files"]} == dict(shares)

    done = shop.ready("check-leakage", "--cutoffs", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    told = {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines() if "rows compared" in line}
    # Nothing keeps a model there from reading more than the check changes.
    assert told == {"customer_features": "PROVEN", "feature_times": "PROVEN", "own_features": "LEAKS"}
    assert "Not recorded" not in done.stdout
    assert "Not in use" not in done.stdout
    recorded = shop.rows("select split(node_id, '[.]')[2], verdict from meta.leakage_verdicts")
    assert {name: {"leaking": "LEAKS", "not proven": "PROVEN"}[verdict] for name, verdict in recorded} == told
    shown = json.loads(shop.ready("registry", "show", "1", "--json").stdout)["builds"][0]
    assert shown["leakage"]["verdict"] == "not proven"
    assert shown["leakage"]["reason"] == "no role kept it from reading other tables"
    assert "orders_60d: " in done.stdout
    assert "first: customer C0" in done.stdout
    assert "1 column(s) know their future: own_features.orders_60d" in done.stderr
    assert shop.scratch() == []
    assert shop.rows("select feature_set, feature_version from meta.feature_registry order by 1") == before

    with shop.started("check-leakage") as process:
        while not any(name.startswith("leak_") for name in shop.scratch()) and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
    assert process.returncode == 130, output + errors
    assert shop.scratch() == []


def test_the_first_version_comes_out_again_after_its_data_and_definition_have_changed(
    shop: SparkShop,
) -> None:
    (shop.folder / LATER).rename(shop.data / LATER)
    shop.edit("configs/features.yaml", "[7, 30, 90]", "[7, 30, 60, 90]")
    shop.edit("models/staging/customer_purchases.sql", "is_purchase\n", "is_purchase and amount > 10\n")
    shop.build()
    versions = (
        "select feature_version, load_ids from meta.feature_registry "
        "where feature_set = 'customer_features' order by 1"
    )
    assert shop.rows(versions) == [(1, "[1,2]"), (2, "[1,2,3]")]
    done = shop.ready("reproduce", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["code"].startswith("commit ")
    assert told["load_ids"] == [1, 2]
    splits = [f"split {name}" for name in SPLITS]
    parts = ["features", "labels", *splits, "manifest.json", *(f"{name}.parquet" for name in SPLITS)]
    assert [(part["what"].split(",")[0], part["same"]) for part in told["findings"]] == [
        (part, True) for part in parts
    ]
    assert shop.rows(versions) == [(1, "[1,2]"), (2, "[1,2,3]")]
    assert shop.scratch() == []


LABELS = """
select
    customer_id, date_format(feature_time, "yyyy-MM-dd'T'HH:mm:ssXXX"),
    cast(label_revenue_next_30d as string)
from feats.customer_training_set
where label_revenue_next_30d is not null
"""


def test_a_set_of_own_labels_comes_out_again(shop: SparkShop) -> None:
    """Of the second version, with code that is in no commit; it is on record with what it was made of."""
    file = shop.folder / "delivered.csv"
    lines = [",".join(row) for row in shop.rows(LABELS)]
    file.write_text("\n".join(["customer_id,label_time,label", *lines, ""]))
    for arguments in (
        ("train-set", "--labels", file, "--horizon", "30"),
        ("reproduce", "delivered:1", "--json"),
    ):
        done = shop.ready(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["code"], told["load_ids"]) == ("the current code", [1, 2, 3])
    splits = [f"split {name}" for name in SPLITS]
    parts = ["features", "labels", *splits, "manifest.json", *(f"{name}.parquet" for name in SPLITS)]
    assert [(part["what"].split(",")[0], part["same"]) for part in told["findings"]] == [
        (part, True) for part in parts
    ]
    assert shop.scratch() == []
    verdicts = "select feature_set, feature_version, verdict from meta.reproductions order by reproduced_at"
    assert shop.rows(verdicts) == [("customer_features", 1, "equal"), ("delivered", 1, "equal")]
    manifest = shop.settings.artifacts / "datasets" / "delivered" / "v1" / "manifest.json"
    assert json.loads(manifest.read_bytes())["verdicts"]["reproduction"]["verdict"] == "equal"


def test_what_a_killed_check_has_left_goes_with_the_next_and_so_does_what_that_began(shop: SparkShop) -> None:
    """It finds nothing built when it has made a schema already."""
    query(shop.database, "create database leak_00000000_feats")
    query(shop.database, "drop database stg cascade")
    done = shop.ready("check-leakage")
    assert done.returncode == 2
    assert "not everything is built yet: there is no `stg`.`orders`" in done.stderr
    assert shop.scratch() == []
