"""What an incremental run leaves alone, and when it does not trust what is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from proof_case import Shop, copy_of

from ready.postgres.connection import ConnectionParams

HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel\n"
NEW = "N1,C000015,2025-03-04T10:00:00Z,11.11,EUR,completed,web\nN2,CNEW,2025-04-04,5,EUR,shipped,app\n"
CHANGED = ("C000015", "CNEW")
SIDE_TABLES = r"""
select relname from pg_class
where relkind in ('r', 'v')
    and relname ~ '__(candidate|removed|removed_places|added|orders|orders_\w+|customer_\w+)$'
"""


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


PUBLISHED = (
    "feats.customer_features",
    "feats.customer_labels",
    "feats.customer_training_set",
    "meta.dataset_splits",
)
KEYS = {
    "stg.orders": "order_id",
    "stg.customer_purchases": "order_id",
    **dict.fromkeys(PUBLISHED, "(customer_id, feature_time)::text"),
}
Written = dict[str, dict[Any, Any]]


def all_writers(shop: Shop) -> Written:
    return {table: writers(shop, table, key) for table, key in KEYS.items()}


@pytest.fixture(scope="module")
def delivery(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Shop, Written, Written]]:
    """The sample and a small delivery behind it; who wrote which row before it, and after it."""
    with copy_of(built_shop, server, tmp_path_factory.mktemp("delivery") / "shop") as shop:
        before = all_writers(shop)
        deliver(shop)
        yield shop, before, all_writers(shop)


def test_a_small_delivery_rewrites_its_orders_and_their_customers_later_purchases(
    delivery: tuple[Shop, Written, Written],
) -> None:
    shop, before, after = delivery
    orders = before["stg.orders"]
    assert {id: after["stg.orders"][id] for id in orders} == orders
    assert set(after["stg.orders"]) - set(orders) == {"N1", "N2"}
    rewritten = {
        id for id, writer in after["stg.customer_purchases"].items()
        if before["stg.customer_purchases"].get(id) != writer
    }  # fmt: skip
    expected = "customer_id in ('C000015', 'CNEW') and order_ts >= '2025-03-04T10:00:00Z' and is_purchase"
    assert rewritten == {id for (id,) in shop.rows(f"select order_id from stg.orders where {expected}")}


def test_published_rows_that_no_change_can_have_moved_are_not_written(
    delivery: tuple[Shop, Written, Written],
) -> None:
    shop, before, after = delivery
    for table in PUBLISHED:
        written = dict(after[table].items() - before[table].items())
        customers = {name.strip("(").split(",")[0] for name in written}
        assert customers == ({"CNEW"} if table.startswith("meta") else set(CHANGED)), table
        moved = f"select count(*) from {table} where customer_id = 'C000015' and feature_time < '2025-02-01'"
        kept = [name for name in before[table] if name.startswith("(C000015,") and name not in written]
        assert len(kept) >= shop.value(moved) > 5
    assert shop.rows(SIDE_TABLES) == []


def compiled_models(shop: Shop) -> dict[str, str]:
    folder = shop.folder / "home" / "dbt" / "target" / "compiled" / "raw_to_ready" / "models"
    return {file.stem: file.read_text() for file in folder.rglob("*.sql")}


def test_a_full_refresh_gives_the_same_by_the_same_text_and_writes_everything(
    delivery: tuple[Shop, Written, Written],
) -> None:
    """The text has no code in comments; by itself it builds in full, and what was due last can be read.

    Last of those that read the delivery.
    """
    shop, _, written = delivery
    in_part, kept = compiled_models(shop), features(shop)
    assert shop.rows("select order_id from meta.orders_due order by 1") == [("N1",), ("N2",)]
    assert shop.rows("select customer_id from meta.customers_due order by 1") == [(c,) for c in CHANGED]
    assert len(in_part) > 8
    assert "/*" not in "".join(in_part.values())
    query = in_part["customer_features"].replace("__candidate", "")
    differing = f"(({query}) except select * from feats.customer_features)"
    assert shop.value(f"select count(*) from {differing} as differing") == 0
    assert shop.value(f"select count(*) from ({query}) as features") > 1000

    shop.run("--data", shop.data, "--full-refresh")
    assert compiled_models(shop) == in_part
    assert features(shop) == kept
    after = writers(shop, "stg.orders", "order_id")
    assert not set(after.items()) & set(written["stg.orders"].items())


@pytest.mark.thorough  # test_quarantine.py sets rows aside, and in full
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
