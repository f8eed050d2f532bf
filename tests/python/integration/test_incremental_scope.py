"""What an incremental run leaves alone, and when it does not trust what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from proof_case import Shop

HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel\n"
NEW = "N1,C000015,2025-03-04T10:00:00Z,11.11,EUR,completed,web\nN2,CNEW,2025-04-04,5,EUR,shipped,app\n"
CHANGED = ("C000015", "CNEW")


def writers(shop: Shop, table: str, key: str) -> dict[Any, Any]:
    """Of each row the transaction that wrote it."""
    return dict(shop.rows(f"select {key}, xmin::text from {table}"))


def features(shop: Shop) -> tuple[Any, ...]:
    return tuple(map(shop.content_of, ("feats.customer_features", "feats.customer_training_set")))


def edit(file: Path, change: Any) -> None:
    document = yaml.safe_load(file.read_text())
    change(document["models"])
    file.write_text(yaml.safe_dump(document))


def deliver(shop: Shop, *, lines: str = NEW) -> None:
    (shop.data / "new.csv").write_text(HEADER + lines)
    shop.run("--data", shop.data)


def test_a_small_delivery_rewrites_its_orders_and_their_customers_later_purchases(shop: Shop) -> None:
    orders = writers(shop, "stg.orders", "order_id")
    purchases = writers(shop, "stg.customer_purchases", "order_id")
    deliver(shop)
    after = writers(shop, "stg.orders", "order_id")
    assert {id: after[id] for id in orders} == orders
    assert set(after) - set(orders) == {"N1", "N2"}
    rewritten = {
        id for id, writer in writers(shop, "stg.customer_purchases", "order_id").items()
        if purchases.get(id) != writer
    }  # fmt: skip
    expected = "customer_id in ('C000015', 'CNEW') and order_ts >= '2025-03-04T10:00:00Z' and is_purchase"
    assert rewritten == {id for (id,) in shop.rows(f"select order_id from stg.orders where {expected}")}


def compiled_models(shop: Shop) -> dict[str, str]:
    folder = shop.folder / "home" / "dbt" / "target" / "compiled" / "raw_to_ready" / "models"
    return {file.stem: file.read_text() for file in folder.rglob("*.sql")}


def test_one_text_builds_in_full_and_in_part(shop: Shop) -> None:
    """It has no code in comments; by itself it builds in full, and what was due last can be read."""
    shop.run("--data", shop.data, "--full-refresh")
    in_full = compiled_models(shop)
    deliver(shop)
    assert shop.rows("select order_id from meta.orders_due order by 1") == [("N1",), ("N2",)]
    assert shop.rows("select customer_id from meta.customers_due order by 1") == [(c,) for c in CHANGED]
    assert compiled_models(shop) == in_full
    assert len(in_full) > 8
    assert "/*" not in "".join(in_full.values())
    query = in_full["customer_features"].replace("__candidate", "")
    differing = f"(({query}) except select * from feats.customer_features)"
    assert shop.value(f"select count(*) from {differing} as differing") == 0
    assert shop.value(f"select count(*) from ({query}) as features") > 1000


def test_a_full_refresh_gives_the_same_and_writes_everything(shop: Shop) -> None:
    deliver(shop)
    kept, orders = features(shop), writers(shop, "stg.orders", "order_id")
    shop.run("--data", shop.data, "--full-refresh")
    assert features(shop) == kept
    after = writers(shop, "stg.orders", "order_id")
    assert not set(after.items()) & set(orders.items())


def test_another_definition_is_built_in_full(shop: Shop) -> None:
    def add_window(models: list[Any]) -> None:
        models[0]["config"]["meta"]["ready_windows"].append(14)

    edit(shop.project / "configs" / "features.yaml", add_window)
    deliver(shop)
    assert shop.value("select count(*) from feats.customer_features where orders_14d is null") == 0
    assert shop.value("select sum(orders_14d) from feats.customer_features") > 1000


def test_where_rules_set_rows_aside_a_new_row_may_decide_over_an_old_one(shop: Shop) -> None:
    def quarantine(models: list[Any]) -> None:
        (order_id,) = (c for c in models[0]["columns"] if c["name"] == "order_id")
        order_id["data_tests"] = [{"unique": {"config": {"meta": {"ready": {"on_fail": "quarantine"}}}}}]
        # Judges the rows that are set aside too.
        models[0]["config"]["meta"]["ready_default_rules"] = {"one_time_per_order": {"severity": "warn"}}

    edit(shop.project / "configs" / "expectations.yaml", quarantine)
    shop.run("--data", shop.data)
    (again,) = shop.rows("select order_id from stg.orders where customer_id = 'C000015' limit 1")[0]
    deliver(shop, lines=f"{again},C000015,2025-03-04,9,EUR,completed,web\n")
    kept = (*features(shop), shop.content_of("stg.orders"), shop.content_of("stg.orders_rejected"))
    assert shop.value(f"select count(*) from stg.orders_rejected where order_id_raw = '{again}'") >= 1
    shop.run("--data", shop.data, "--full-refresh")
    rebuilt = (*features(shop), shop.content_of("stg.orders"), shop.content_of("stg.orders_rejected"))
    assert rebuilt == kept


def test_tables_whose_record_is_lost_are_built_in_full(shop: Shop) -> None:
    shop.execute("delete from meta.table_states; delete from stg.orders where customer_id = 'C000015'")
    deliver(shop)
    assert shop.value("select count(*) from stg.orders where customer_id = 'C000015'") > 5


def test_a_purchase_that_was_lost_doubled_or_invented_is_named(shop: Shop) -> None:
    """By the test that holds customer_purchases against the orders."""
    name = "every_purchase_is_in_customer_purchases_once"
    assert shop.ready("dbt", "compile", "--select", name).returncode == 0
    (file,) = (shop.folder / "home" / "dbt" / "target" / "compiled").rglob(f"{name}.sql")
    query = file.read_text()
    assert shop.rows(query) == []

    purchases = "stg.customer_purchases"
    some = shop.rows(f"select order_id from {purchases} order by 1 limit 3")
    ((lost,), (doubled,), (renamed,)) = some
    shop.execute(f"insert into {purchases} select * from {purchases} where order_id = '{doubled}'")
    assert shop.rows(query) == [(doubled,)]
    # As many as there should be.
    shop.execute(f"""
        delete from {purchases} where order_id = '{lost}';
        update {purchases} set order_id = 'invented' where order_id = '{renamed}'
    """)
    assert sorted(shop.rows(query)) == [(lost,), (renamed,), ("invented",)]
