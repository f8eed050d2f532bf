"""Feature times that are those of a source's events: `every: visits`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from oracle_events import event_features, read_visits
from proof_case import Shop
from source_case import AGGREGATIONS, TOTALS, WINDOWS, lay_out_visits, write_visits

CUSTOMERS = [f"C{number:06}" for number in range(1, 60)]
TABLES = (
    "feats.customer_features",
    "feats.customer_labels",
    "feats.customer_training_set",
    "feats.visits_features",
    "feats.all_features",
)
FIRST = "select customer_id, min(order_ts) from stg.orders where is_purchase group by customer_id"
# Rows of which the orders' features are not what the orders say.
WRONG = """
select count(*) from feats.customer_features as f
where orders_30d <> (
    select count(*) from stg.orders as o
    where o.is_purchase and o.customer_id = f.customer_id and o.order_ts < f.feature_time
        and o.order_ts >= f.feature_time - interval '720 hours'
)
"""


def assert_rows_are_the_visits(shop: Shop, *files: Path) -> None:
    """Those after the customer's first purchase; features strictly before, also of the visit itself."""
    events, first = read_visits(files), dict(shop.rows(FIRST))
    wanted = {
        (event.customer_id, event.event_ts)
        for event in events
        if event.customer_id in first and event.event_ts > first[event.customer_id]
    }
    rows = shop.rows("select customer_id, feature_time, visits_30d from feats.visits_features")
    assert {row[:2] for row in rows} == wanted
    assert len(rows) == len(wanted) > 300
    features = event_features(
        events, wanted, windows=WINDOWS, aggregations=AGGREGATIONS, totals=TOTALS, noun="visits"
    )
    assert {row[:2]: row[2] for row in rows} == {key: row["visits_30d"] for key, row in features.items()}
    assert shop.value(WRONG) == 0
    assert shop.value("select count(label_revenue_next_30d) from feats.customer_labels") > 200
    assert len(shop.rows("select distinct split from feats.customer_training_set")) == 4


@pytest.mark.thorough  # test_features_property.py has rows at each order
def test_each_visit_is_a_row_in_part_and_in_full_and_proven(shop: Shop) -> None:
    lay_out_visits(shop)
    first, second = shop.data / "visits/1.csv", shop.data / "visits/2.csv"
    write_visits(first, seed=1, customers=CUSTOMERS, ids=range(900))
    assert shop.ready("dbt", "parse").returncode == 0
    # An edit that dbt parses in part: models are built in another order.
    shop.edit("configs/features.yaml", "every: month", "every: visits")
    shop.run("--data", shop.data)
    assert_rows_are_the_visits(shop, first)
    assert shop.value("select count(*) from feats.feature_times") == 0
    write_visits(second, seed=2, customers=CUSTOMERS, ids=range(700, 1400))
    shop.run("--data", shop.data)
    assert_rows_are_the_visits(shop, first, second)
    in_part = {table: shop.content_of(table) for table in TABLES}
    shop.run("--data", shop.data, "--full-refresh")
    assert {table: shop.content_of(table) for table in TABLES} == in_part

    done = shop.ready("check-leakage", "--cutoffs", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert {model["name"]: model["verdict"] for model in found["models"]} == {
        "all_features": "same", "customer_features": "same", "visits_features": "same",
    }  # fmt: skip
    assert found["changed"] == ["orders", "visits"]
    done = shop.ready("reproduce", "customer_features:2", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["equal"]
    loads = "select load_ids from meta.feature_registry where feature_set = 'customer_features'"
    assert shop.rows(f"{loads} order by created_at desc")[0] == ([1, 2, 3, 4, 5],)
