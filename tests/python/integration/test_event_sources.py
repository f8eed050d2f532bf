"""Visits beside the orders: the whole way against the oracle, deliveries, proofs, and what stops a run."""

from __future__ import annotations

import csv
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from against_oracle import assert_same
from oracle_events import event_features, read_visits
from proof_case import Shop
from source_case import (
    AGGREGATIONS,
    COLUMNS,
    TOTALS,
    WINDOWS,
    add_features,
    lay_out_visits,
    write_visits,
)
from warehouse import Warehouse

CUSTOMERS = [f"C{number:06}" for number in range(1, 60)]
TABLES = ("stg.visits_parsed", "stg.visits_rejected", "stg.visits", "feats.visits_features", "feats.all_features")


def deliver(shop: Shop, name: str, *, seed: int, ids: range, with_ids: bool = True) -> Path:
    file = shop.data / "visits" / name
    write_visits(file, seed=seed, customers=CUSTOMERS, ids=ids, with_ids=with_ids)
    return file


def rows_of(shop: Warehouse, table: str, names: list[str]) -> dict[tuple[str, datetime], tuple[Any, ...]]:
    listed = ", ".join(names)
    return {
        (row[0], row[1]): row[2:]
        for row in shop.rows(f"select customer_id, feature_time, {listed} from {table}")
    }


def assert_equal_oracle(shop: Shop, *files: Path) -> None:
    spine = [(row[0], row[1]) for row in shop.rows("select customer_id, feature_time from feats.customer_features")]
    wanted = event_features(
        read_visits(files), spine, windows=WINDOWS, aggregations=AGGREGATIONS, totals=TOTALS, noun="visits"
    )
    names = list(next(iter(wanted.values())))
    held = {key: tuple(row.values()) for key, row in wanted.items()}
    for table in ("feats.visits_features", "feats.all_features"):
        assert_same(rows_of(shop, table, names), held, names)
    counted = [row[names.index("visits_30d")] for row in held.values()]
    assert 0 in counted
    assert max(counted) > 3


def test_two_deliveries_equal_the_oracle_and_a_full_build(shop: Shop) -> None:
    before = shop.content_of("feats.customer_features")
    lay_out_visits(shop)
    first = deliver(shop, "2024.csv", seed=1, ids=range(1500))
    shop.run("--data", shop.data)
    assert_equal_oracle(shop, first)
    assert shop.content_of("feats.customer_features") == before, "the orders' features are what they were"
    second = deliver(shop, "2025.csv", seed=2, ids=range(1200, 2600))
    done = shop.run("--data", shop.data)
    assert_equal_oracle(shop, first, second)
    in_part = {table: shop.content_of(table) for table in TABLES}
    shop.run("--data", shop.data, "--full-refresh")
    assert {table: shop.content_of(table) for table in TABLES} == in_part
    assert shop.rows("select source, count(*) from raw.loads group by 1 order by 1") == [("orders", 3), ("visits", 2)]
