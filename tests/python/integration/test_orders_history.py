"""stg.orders_history: which states of which orders it holds, delivery by delivery."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from raw_tables import write
from warehouse import Warehouse

from ready.postgres.connection import ConnectionParams

HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel\n"

# One of the tests reads customer_purchases too.
BUILD = ("--select", "+orders_history", "customer_purchases", "--exclude-resource-type", "unit_test")

# Order, status and amount of every row of the file, delivery by delivery; the last one brings nothing new.
DELIVERIES = (
    ("1 completed 10", "2 pending 20", "3 completed 30", "4 shipped 40"),
    ("1 completed 10", "2 completed 20", "3 completed 31", "5 pending 50"),
    ("1 completed 10", "2 pending 20", "3 completed 31", "4 shipped 40", "5 pending 50"),
    ("1 completed 10", "2 pending 20", "3 completed 31", "4 shipped 40", "5 pending 50"),
)
# What the history has after each: the states that hold, and those that do not any more.
HISTORY = (
    (DELIVERIES[0], ()),
    (DELIVERIES[1], ("2 pending 20", "3 completed 30", "4 shipped 40")),
    (DELIVERIES[2], ("2 completed 20", "2 pending 20", "3 completed 30", "4 shipped 40")),
    (DELIVERIES[2], ("2 completed 20", "2 pending 20", "3 completed 30", "4 shipped 40")),
)


def test_each_state_of_an_order_stands_once(database: ConnectionParams, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, database)
    for delivery, (open_states, closed_states) in zip(DELIVERIES, HISTORY, strict=True):
        lines = "".join(
            f"{order},c{order},2025-01-0{order}T12:00:00Z,{amount},EUR,{status},web\n"
            for order, status, amount in map(str.split, delivery)
        )
        write(tmp_path / "data", {"shop.csv": HEADER + lines})
        assert warehouse.ready("load", tmp_path / "data").returncode == 0
        built = warehouse.ready("dbt", "build", *BUILD)
        assert built.returncode == 0, built.stdout
        assert states(warehouse, "is null") == list(open_states)
        assert states(warehouse, "is not null") == list(closed_states)
        assert taken_up_to(warehouse) == last_change(warehouse)  # of the first build too


def states(warehouse: Warehouse, valid_to: str) -> list[str]:
    with closing(warehouse.database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select order_id || ' ' || status || ' ' || amount from stg.orders_history "
            f"where dbt_valid_to {valid_to} order by 1"
        )
        return [state for (state,) in cursor.fetchall()]


def taken_up_to(warehouse: Warehouse) -> int:
    return warehouse.value("select last_change from meta.table_states where relation = 'stg.orders_history'")


def last_change(warehouse: Warehouse) -> int:
    """Told changes are forgotten; the tables behind the orders remember."""
    return warehouse.value("select max(last_change) from meta.table_states")
