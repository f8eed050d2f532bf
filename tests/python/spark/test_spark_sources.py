"""Events and states beside the orders on Spark: equal to PostgreSQL, and proven."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from oracle import Rule
from proof_case import Shop
from served import instants_near
from source_case import (
    AGGREGATIONS,
    LOOKUPS,
    add_features,
    lay_out_members,
    lay_out_pages,
    lay_out_visits,
    write_members,
    write_pages,
    write_visits,
)
from spark_shop import SparkShop

import ready
from ready.database.opening import grant_database
from ready.errors import UnknownCustomers
from ready.postgres.connection import ConnectionParams
from ready.spark.connection import SparkParams

OF_LOOKUPS: dict[str, Rule] = {
    "topics": "count_distinct of topic",
    "worth": "sum of worth",
    "visits_on": {"rule": "count", "by": "topic", "values": ["news", "shop"]},
}
CUSTOMERS = [f"C{number:06}" for number in range(1, 40)]
REGISTERED = "select feature_set, data_hash from meta.feature_registry order by 1, 2"


def laid_out(shop: Shop) -> None:
    shop.lay_out()
    lay_out_visits(shop, lookups=LOOKUPS)
    lay_out_pages(shop)
    add_features(shop.project / "configs", {**AGGREGATIONS, **OF_LOOKUPS})
    lay_out_members(shop, dated=True)
    write_visits(shop.data / "visits/1.csv", seed=1, customers=CUSTOMERS, ids=range(500))
    write_visits(shop.data / "visits/2.csv", seed=2, customers=CUSTOMERS, ids=range(400, 800))
    write_members(shop.data / "members/1.csv", seed=1, customers=CUSTOMERS, rows=300)
    write_pages(shop.data / "pages/1.csv", seed=1, rows=150)


@pytest.mark.thorough
def test_no_future_is_known_on_spark(warehouse: SparkParams, tmp_path: Path) -> None:
    """The future of the orders, of visits, of members and of pages, together and each alone."""
    shop = SparkShop(tmp_path / "spark", warehouse)
    laid_out(shop)
    shop.build()
    done = shop.ready("check-leakage", "--cutoffs", "1", "--json")
    told = json.loads(done.stdout)
    assert told["changed"] == ["orders", "members", "pages", "visits_in_files"]
    verdicts = {model["name"]: model["leaks"] for model in told["models"]}
    assert {"visits_features", "members_features", "all_features"} <= verdicts.keys()
    assert not any(verdicts.values())


@pytest.mark.thorough
def test_both_engines_give_the_same_and_prove_it(
    warehouse: SparkParams,
    database: ConnectionParams,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spark, postgres = SparkShop(tmp_path / "spark", warehouse), Shop(tmp_path / "postgres", database)
    for shop in (spark, postgres):
        laid_out(shop)
    grant_database(postgres.settings)
    postgres.run("--data", postgres.data)
    spark.run("--data", spark.data)
    assert spark.rows(REGISTERED) == postgres.rows(REGISTERED)
    (row,) = spark.rows(
        "select customer_id, feature_time from feats.visits_features where visits_30d > 1 limit 1"
    )
    for name in ("minutes_30d", "usual_page_30d", "segment_age_days", "worth_30d", "visits_on_shop_30d"):
        done = spark.ready("explain", row[0], str(row[1]), name, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["agrees"]
    done = spark.ready("reproduce", "visits_features:1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert served(spark, monkeypatch) == served(postgres, monkeypatch)
    for shop in (spark, postgres):
        shop.edit("configs/features.yaml", "every: month", "every: visits")
        shop.run("--data", shop.data)
    assert spark.rows(REGISTERED) == postgres.rows(REGISTERED)


def served(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[list[dict[str, object]]]:
    """The features of each set at instants that are no rows of the tables."""
    instants = [datetime(2024, 1, 5, tzinfo=timezone.utc) + timedelta(days=9.7 * n) for n in range(50)]
    keys = instants_near(instants, CUSTOMERS, seed=5, number=150)
    spine = {"customer_id": [id for id, _ in keys], "feature_time": [time for _, time in keys]}
    with monkeypatch.context() as patched:
        for name, value in shop.environ.items():
            patched.setenv(name, value)
        with pytest.warns(UnknownCustomers):
            return [
                ready.features_at(spine, feature_set=name, exact=True).table.to_pylist()
                for name in ("visits_features", "members_features", "all_features")
            ]
