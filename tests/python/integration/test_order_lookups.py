"""Orders, their states and order lines that look up what their page was: as the oracle has it, and proven."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from against_oracle import assert_same
from oracle import Features, Key
from order_lookups_case import GRAINS, lay_out, wanted, write_corrections, write_orders
from proof_case import Shop
from source_case import write_pages

from ready.database.opening import grant_database
from ready.postgres.connection import ConnectionParams

TABLES = ("stg.customer_purchases", "feats.customer_features", "feats.customer_training_set")


def assert_equal_oracle(shop: Shop, rows: dict[Key, Features]) -> None:
    names = list(next(iter(rows.values())))
    listed = f"select customer_id, feature_time, {', '.join(names)} from feats.customer_features"
    held = {(row[0], row[1]): row[2:] for row in shop.rows(listed)}
    assert_same(held, {key: tuple(row.values()) for key, row in rows.items()}, names)
    for name in ("of_shop_60d", "revenue_of_shop_60d", "most_quantity_60d"):
        assert any(row[names.index(name)] for row in held.values()), name
    assert any(row["orders_total"] and row["last_category_total"] is None for row in rows.values())


@pytest.mark.parametrize(
    "grain", [pytest.param(grain, marks=() if grain == "line" else pytest.mark.thorough) for grain in GRAINS]
)
def test_what_was_known_of_a_key_at_the_time_of_an_order_equals_the_oracle(
    grain: str, tmp_path: Path, database: ConnectionParams
) -> None:
    """Ties, late states, corrections, keys without a state, deletions; two deliveries and a full build."""
    shop = Shop(tmp_path / "shop", database)
    lay_out(shop, grain)
    grant_database(shop.settings)
    orders, pages = [shop.data / "1.csv"], [shop.data / "pages/1.csv"]
    write_orders(orders[0], grain, seed=1, ids=range(350))
    write_pages(pages[0], seed=1, rows=150)
    shop.run("--data", shop.data)
    before = wanted(grain, orders, pages)
    assert_equal_oracle(shop, before)
    check_proven(shop, grain)

    orders.append(shop.data / "2.csv")
    pages.append(shop.data / "pages/2.csv")
    write_orders(orders[1], grain, seed=2, ids=range(350, 400))
    write_corrections(orders[1], orders[0])
    write_pages(pages[1], seed=2, rows=100)
    shop.run("--data", shop.data)
    assert wanted(grain, orders[:1], pages) != before, "a state that comes late moves rows"
    assert_equal_oracle(shop, wanted(grain, orders, pages))
    every_load = shop.value("select array_agg(load_id order by load_id) from raw.loads where rows_loaded > 0")
    assert shop.value(f"select load_ids {CURRENT}") == every_load
    as_built = {table: shop.content_of(table) for table in TABLES}
    shop.run("--data", shop.data, "--full-refresh")
    assert {table: shop.content_of(table) for table in TABLES} == as_built


CURRENT = """from meta.current_versions inner join meta.dataset_builds
    using (feature_set, feature_version, data_hash, dataset_hash) where feature_set = 'customer_features'"""


def check_proven(shop: Shop, grain: str) -> None:
    """No future moves a row; a value leads to its lines, its lineage names both, and it comes again."""
    done = shop.ready("check-leakage", "--cutoffs", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    roots = {"order": "orders", "state": "order_versions", "line": "order_lines"}
    assert json.loads(done.stdout)["changed"] == [roots[grain], "pages"]
    (row,) = shop.rows(
        "select customer_id, feature_time from feats.customer_features "
        "where quantity_60d > 20 and categories_60d > 1 and of_shop_60d > 0 limit 1"
    )
    for name in ("categories_60d", "last_category_60d", "avg_quantity_60d", "of_shop_60d", "quantity_total"):
        done = shop.ready("explain", row[0], row[1].isoformat(), name, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["agrees"], name
    text = shop.ready("explain", row[0], row[1].isoformat(), "quantity_60d").stdout
    places = [(int(number), record) for number, record in re.findall(r"1\.csv:(\d+)  (.+)", text)]
    lines = ["", *(shop.data / "pages/1.csv").read_text().splitlines()]
    assert any(number < len(lines) and lines[number] == record for number, record in places), text
    done = shop.ready("lineage", "of_shop_60d")
    assert {"stg.pages.topic", "stg.orders.page"} <= set(re.findall(r"stg\.\w+\.\w+", done.stdout))
    done = shop.ready("reproduce", str(shop.value(f"select feature_version {CURRENT}")), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["equal"]
    served = shop.rows(
        "select count(*) from feats.customer_features as built "
        "cross join lateral feats.customer_features_at(built.customer_id, built.feature_time) as served "
        "where to_jsonb(served) <> to_jsonb(built)"
    )
    assert served == [(0,)]
