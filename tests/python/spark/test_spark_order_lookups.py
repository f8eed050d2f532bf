"""What orders look up in states on Spark: equal to PostgreSQL, and proven."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from order_lookups_case import lay_out, write_orders
from proof_case import Shop
from source_case import write_pages
from spark_shop import SparkShop

from ready.database.opening import grant_database
from ready.postgres.connection import ConnectionParams
from ready.spark.connection import SparkParams

BUILT = "select feature_set, data_hash from meta.feature_registry order by 1, 2"


@pytest.mark.parametrize("grain", ["state", pytest.param("line", marks=pytest.mark.thorough)])
def test_both_engines_look_the_same_up(
    grain: str, warehouse: SparkParams, database: ConnectionParams, tmp_path: Path
) -> None:
    spark, postgres = SparkShop(tmp_path / "spark", warehouse), Shop(tmp_path / "postgres", database)
    for shop in (spark, postgres):
        lay_out(shop, grain)
        write_orders(shop.data / "1.csv", grain, seed=1, ids=range(350))
        write_pages(shop.data / "pages/1.csv", seed=1, rows=150)
    grant_database(postgres.settings)
    postgres.run("--data", postgres.data)
    spark.run("--data", spark.data)
    assert spark.rows(BUILT) == postgres.rows(BUILT)
    (row,) = spark.rows(
        "select customer_id, feature_time from feats.customer_features where of_shop_60d > 0 limit 1"
    )
    done = spark.ready("explain", row[0], str(row[1]), "quantity_60d", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["agrees"]
    (version,) = spark.rows("select max(feature_version) from meta.feature_registry")
    done = spark.ready("reproduce", str(version[0]))
    assert done.returncode == 0, done.stdout + done.stderr
