"""A feature model in SQL of one's own: by one line of config it is versioned, split and published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from proof_case import Shop, copy_of

import ready
from ready.errors import UsageError
from ready.postgres.connection import ConnectionParams
from ready.proof.reproduce import reproduce

MODEL = """{{ config(meta={'ready_feature_set': true}, post_hook="comment on table {{ this }} is 'mine'") }}

select customer_id, feature_time, cast(orders_7d * FACTOR as numeric(38, 6)) as weighted
from {{ ref('customer_features') }}
where orders_90d > 0
"""
SPLITS = (
    "select split, count(*) from meta.dataset_splits where feature_set = 'own_features' group by 1 order by 1"
)
MEMBERS = """
    select split, count(*) from feats.customer_training_set
    where orders_90d > 0 and split is not null group by 1 order by 1"""

WITHOUT_WEIGHT = """
    select count(*) from feats.customer_training_set where orders_90d = 0 and split is not null"""


def model(shop: Shop) -> Path:
    return shop.project / "models" / "features" / "own_features.sql"


def run(shop: Shop, *, factor: str) -> None:
    model(shop).write_text(MODEL.replace("FACTOR", factor))
    shop.run("--data", shop.data)


@pytest.fixture(scope="module")
def with_own(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Has the model, of the factor 1.5, built. Tests take a copy."""
    with copy_of(built_shop, server, tmp_path_factory.mktemp("own") / "shop") as shop:
        run(shop, factor="1.5")
        yield shop


@pytest.fixture
def own_shop(with_own: Shop, server: ConnectionParams, tmp_path: Path) -> Iterator[Shop]:
    with copy_of(with_own, server, tmp_path / "shop") as shop:
        yield shop


def test_one_line_of_config_versions_splits_and_profiles_it(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = own_shop
    own = shop.artifacts / "datasets/own_features/v1"
    assert json.loads((own / "manifest.json").read_text())["feature_set"] == "own_features"
    assert shop.rows(SPLITS) == shop.rows(MEMBERS)
    assert shop.value("select count(*) from meta.feature_profiles where feature_set = 'own_features'") == 1
    registry = "select feature_set, feature_version from meta.feature_registry order by created_at, 1"
    before = shop.rows(registry)
    assert before == [("customer_features", 1), ("own_features", 1)]
    assert shop.value("select obj_description('feats.own_features'::regclass)") == "mine"

    joined = model(shop).with_name("all_features.sql")
    joined.write_text("{{ joined_features(['customer_features', 'own_features']) }}\n")
    run(shop, factor="2.5")
    assert shop.rows(registry) == [*before, ("all_features", 1), ("own_features", 2)]
    assert shop.value("select obj_description('feats.own_features'::regclass)") == "mine", "as built anew"

    for name, value in shop.environ.items():
        monkeypatch.setenv(name, value)
    test = ready.load_dataset("own_features", split="test")
    assert test.table.column_names == [
        "customer_id", "feature_time", "weighted", "label_revenue_next_30d", "split",
    ]  # fmt: skip
    assert test.table.num_rows == dict(shop.rows(MEMBERS))["test"]
    check_joined(shop)
    with_hash = shop.ready("registry", "diff", "own_features:1", "own_features:2")
    assert (
        "-select customer_id, feature_time, cast(orders_7d * 1.5 as numeric(38, 6)) as weighted"
        in with_hash.stdout
    )
    assert "__candidate" not in with_hash.stdout

    with pytest.raises(UsageError, match="own_features is not reproduced on its own"):
        reproduce(shop.settings, shop.database, name="own_features:2", say=lambda text: None)
    reproduced = shop.ready("reproduce", "1")
    assert reproduced.returncode == 0, reproduced.stdout + reproduced.stderr
    shown = shop.ready("registry", "show", "own_features:2")
    assert '"feature_set": "own_features"' in shown.stdout


def check_joined(shop: Shop) -> None:
    """Sets side by side: every row and split of the first, what features.yaml says of it, and one Parquet."""
    done = shop.ready("export", "--feature-set", "all_features")
    assert "all_features version 1: already exported" in done.stdout, done.stderr
    exports = [(one.feature_set, one.version) for one in ready.datasets()]
    assert exports == [
        ("all_features", 1), ("customer_features", 1), ("own_features", 1), ("own_features", 2),
    ]  # fmt: skip
    found, first, own = (
        ready.load_dataset(name, split="test")
        for name in ("all_features", "customer_features", "own_features")
    )
    assert found.source == str(shop.artifacts / "datasets/all_features/v1")
    assert found.drop_columns(["weighted"]) == first.table
    assert found["weighted"].null_count == len(first) - len(own) > 0
    assert found["weighted"].drop_null() == own["weighted"]
    weighted = {"name": "weighted", "nulls": shop.value(WITHOUT_WEIGHT)}
    assert found.features == {**first.features, "weighted": weighted}
    lineage = shop.value("select lineage from meta.feature_registry where feature_set = 'all_features'")
    above = {node["node"].split(".")[2] for node in lineage["nodes"]}
    assert {"own_features", "customer_features", "orders"} <= above


def test_sets_with_a_column_of_one_name_are_not_joined(shop: Shop) -> None:
    model(shop).write_text(MODEL.replace("FACTOR", "1.5").replace("as weighted", "as orders_7d"))
    joined = model(shop).with_name("all_features.sql")
    joined.write_text("{{ joined_features(['customer_features', 'own_features']) }}\n")
    done = shop.ready("run", "--data", shop.data)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "customer_features and own_features both have a column orders_7d" in done.stdout + done.stderr


def test_a_failing_test_on_it_keeps_everything_as_it_was(own_shop: Shop) -> None:
    shop = own_shop
    kept = shop.content_of("feats.customer_features"), shop.content_of("feats.own_training_set")
    (model(shop).parent / "_own.yml").write_text(
        "version: 2\nmodels:\n  - name: own_features\n    columns:\n      - name: weighted\n"
        "        data_tests: [{accepted_values: {arguments: {values: [0]}}}]\n"
    )
    (shop.data / "new.csv").write_text(
        "order_id,customer_id,order_ts,amount,currency,status,channel\n"
        "N1,C000015,2025-03-04,11.11,EUR,completed,web\n"
    )
    done = shop.ready("run", "--data", shop.data)
    assert done.returncode == 1, done.stdout + done.stderr
    assert (shop.content_of("feats.customer_features"), shop.content_of("feats.own_training_set")) == kept
    assert shop.value("select count(*) from meta.feature_registry") == 2


def test_a_feature_set_without_its_key_is_not_published(shop: Shop) -> None:
    model(shop).write_text("{{ config(meta={'ready': {'feature_set': true}}) }}\nselect 1 as weighted")
    done = shop.ready("run", "--data", shop.data)
    assert shop.value("select count(*) from meta.feature_registry") == 1
    told = "own_features is a feature_set, and its columns are not by customer_id and feature_time"
    assert told in " ".join(done.stdout.split())


@pytest.mark.thorough  # test_export.py has files of the orders
def test_another_run_brings_back_its_files_and_tells_what_has_no_type(with_own: Shop) -> None:
    """Last, for it changes what the others copy; in a copy nothing would be up to date."""
    shop = with_own
    shutil.rmtree(shop.artifacts / "datasets" / "own_features")
    done = shop.run("--data", shop.data, "--json")
    told = json.loads(done.stdout)
    assert list(told["own_datasets"]) == ["own_features"]
    assert (Path(told["own_datasets"]["own_features"]) / "train.parquet").is_file()
    model(shop).write_text(MODEL.replace("cast(orders_7d * FACTOR as numeric(38, 6))", "orders_7d / 3.0"))
    done = shop.run("--data", shop.data)
    assert "own_features is not exported: column weighted is numeric" in done.stdout
    assert "cast it in the model, such as ::numeric(38,6)" in done.stdout
    model(shop).unlink()
    assert "own_features" not in shop.run("--data", shop.data).stdout
