"""The rules on staged tables: counted in one scan, and of a key the database itself keeps."""

from __future__ import annotations

import json

from proof_case import Shop

ONE = "(select min(order_id) from stg.orders)"


def failures(shop: Shop) -> dict[str, int]:
    """The tests of stg.orders that fail now, each with its count."""
    done = shop.ready("dbt", "test", "-s", "orders", "--exclude-resource-type", "unit_test")
    results = json.loads((shop.folder / "home/dbt/target/run_results.json").read_text())["results"]
    found = {
        result["unique_id"].split(".")[2]: result["failures"] for result in results if result["failures"]
    }
    assert (done.returncode != 0) == bool(found), done.stdout
    return found


def test_each_rule_has_its_own_count_of_one_scan(shop: Shop) -> None:
    assert failures(shop) == {}
    shop.execute("update stg.orders set amount = null where order_id = 'O00000001'")
    shop.execute("update stg.orders set order_ts = null where order_id in ('O00000007', 'O00000009')")
    shop.execute("update stg.orders set load_id = null, amount = null where order_id like 'O000000_2'")
    assert failures(shop) == {
        "not_null_orders_amount": 11,
        "not_null_orders_load_id": 10,
        "not_null_orders_order_ts": 2,
    }
    counted = "select count(*) from meta.gate_counts where check_name like 'not_null_orders_%'"
    assert shop.value(counted) > 5


def test_a_key_is_looked_at_unless_an_index_keeps_it(shop: Shop) -> None:
    assert failures(shop) == {}
    (index,) = (
        name
        for (name,) in shop.rows(
            "select indexrelid::regclass::text from pg_index"
            " where indrelid = 'stg.orders'::regclass and indisunique"
        )
    )
    shop.execute(f"drop index {index}")
    shop.execute(f"insert into stg.orders select * from stg.orders where order_id = {ONE}")
    shop.execute(f"insert into stg.orders select * from stg.orders where order_id = {ONE} limit 1")
    assert failures(shop) == {"unique_orders_order_id": 2}
