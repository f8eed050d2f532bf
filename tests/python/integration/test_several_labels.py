"""Several labels in features.yaml: one training set, whose splits go by the longest horizon."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from proof_case import Shop
from warehouse import new_database

import ready
from ready.postgres.connection import ConnectionParams

LABELS = ["label_revenue_next_30d", "label_gone_next_45d", "label_orders_next_10d"]
OWN = """{{ config(meta={'ready': {'feature_set': true}}) }}
select customer_id, feature_time, orders_7d > 0 as bought from {{ ref('customer_features') }}
"""
LATE = "select max(feature_time) + interval '45 days' <= (select last_order_ts from stg.data_span)"


@pytest.fixture(scope="module")
def several(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Version 2 has three labels over 30, 45 and 10 days, and a feature set of its own beside it."""
    with new_database(server, template=built_shop.database) as database:
        shop = built_shop.copy(tmp_path_factory.mktemp("several") / "shop", database)
        more = ["gone: {rule: no purchase, horizon: 45}", "orders: {rule: count, horizon: 10}", "# churned"]
        shop.edit("configs/features.yaml", "# churned", f"\n{' ' * 10}".join(more))
        (shop.project / "models/features/own_features.sql").write_text(OWN)
        shop.run("--data", shop.data)
        yield shop


@pytest.fixture
def home(several: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name, value in several.environ.items():
        monkeypatch.setenv(name, value)
    return several


def test_another_label_is_another_version_of_the_same_features(several: Shop) -> None:
    rows = several.rows("select feature_version, data_hash from meta.feature_registry where feature_set = "
                        "'customer_features' order by 1")  # fmt: skip
    assert [version for version, _ in rows] == [1, 2]
    assert len({fingerprint for _, fingerprint in rows}) == 1


def test_a_row_is_in_a_split_once_all_labels_are_known(several: Shop) -> None:
    splits = "feats.customer_training_set where split is not null"
    assert several.value(f"{LATE} from {splits}")
    known = " and ".join(f"{name} is not null" for name in LABELS)
    assert several.value(f"select bool_and({known}) from {splits}")
    embargoes = "select distinct embargo_days from meta.dataset_split_summary where feature_version = 2"
    assert several.rows(f"{embargoes} and feature_set = 'customer_features'") == [(45,)]
    only_short = f"feats.customer_labels where {LABELS[0]} is null and {LABELS[2]} is not null"
    assert several.value(f"select count(*) from {only_short}") > 0
    counted, last = several.rows(
        "select labelled_count, (select count(label_gone_next_45d) from feats.customer_labels) "
        "from meta.dataset_label_summary where feature_version = 2 and feature_set = 'customer_features'"
    )[0]
    assert counted == last


@pytest.mark.parametrize("feature_set", ["customer_features", "own_features"])
def test_y_has_a_column_for_each(home: Shop, feature_set: str) -> None:
    train, val, test = ready.train_val_test(feature_set, output="pandas")
    for ds in (train, val, test):
        assert list(ds.y.columns) == list(ds.labels) == LABELS
        assert [str(kind) for kind in ds.y.dtypes] == ["float64", "bool", "int64"]
        assert not set(LABELS) & set(ds.X.columns)
        assert len(ds) > 0
    assert train.label == LABELS[0]
    assert [label["horizon_days"] for label in train.labels.values()] == [30, 45, 10]
    assert train.roles["label"] == train.roles["labels"][0]
    assert train.folds(2).embargo_days == 45
    assert f"y {', '.join(LABELS)}" in repr(train)


def test_each_label_is_explained_measured_and_shown(home: Shop) -> None:
    for label in LABELS:
        done = home.ready("explain", "C000004", "2025-03-01", label, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["agrees"]
    manifest = json.loads((home.artifacts / "datasets/customer_features/v2/manifest.json").read_text())
    for column in manifest["figures"]["features"]:
        assert set(column) == {"name", "psi", "labels"}
        assert set(column["labels"]) == set(LABELS)
    page = (home.artifacts / "reports/index.html").read_text()
    assert "<h2>The labels</h2>" in page
    assert all(f'aria-label="{name} by split"' in page for name in LABELS)


@pytest.mark.thorough
def test_it_is_reproduced_and_free_of_leakage(home: Shop) -> None:
    for command in (["reproduce", "2"], ["check-leakage", "--cutoffs", "1"]):
        done = home.ready(*command)
        assert done.returncode == 0, done.stdout + done.stderr
