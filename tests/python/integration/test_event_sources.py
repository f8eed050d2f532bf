"""Visits beside the orders: the whole way against the oracle, deliveries, proofs, and what stops a run."""

from __future__ import annotations

import csv
import json
import re
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


LEAKY = """{{ config(materialized='published', schema='feats') }}
select spine.customer_id, spine.feature_time, count(visits.event_id) as visits_ahead
from {{ ref('customer_features') }} as spine
left join {{ ref('visits') }} as visits
    on visits.customer_id = spine.customer_id and visits.event_ts < spine.feature_time + interval '2 days'
group by 1, 2
"""
# It looks at when a visit was, and not at since when it was known.
LATE = LEAKY.replace("visits_ahead", "visits_late").replace(" + interval '2 days'", "")


def test_the_proofs_cover_it(shop: Shop) -> None:
    """Future, explanation, lineage and reproduction of a source's features, and leaks of models on it."""
    lay_out_visits(shop)
    deliver(shop, "2024.csv", seed=1, ids=range(1500))
    shop.run("--data", shop.data)
    done = shop.ready("check-leakage", "--cutoffs", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert "visits" in told["changed"]
    verdicts = {model["name"]: model["verdict"] for model in told["models"]}
    assert {"visits_features", "all_features"} <= verdicts.keys()
    assert set(verdicts.values()) == {"same"}
    assert all(model["rows_compared"] for model in told["models"])
    assert told["confined"]
    check_explained(shop)
    check_reproduced(shop)

    models = shop.project / "models" / "features"
    (models / "leaky_features.sql").write_text(LEAKY)
    (models / "late_features.sql").write_text(LATE)
    shop.run("--data", shop.data)
    done = shop.ready("check-leakage", "--cutoffs", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "visits_ahead" in done.stdout + done.stderr
    assert "visits_late" in done.stdout + done.stderr


def check_explained(shop: Shop) -> None:
    """A value of each kind leads to its files and lines, and comes out again."""
    columns = [name for (name,) in shop.rows(
        "select attname from pg_attribute where attrelid = 'feats.visits_features'::regclass and attnum > 2"
    )]
    row = shop.rows("select customer_id, feature_time from feats.visits_features where visits_30d > 2 limit 1")[0]
    for name in columns:
        done = shop.ready("explain", row[0], row[1].isoformat(), name, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads(done.stdout)
        assert found["feature_set"] == "visits_features"
        assert found["agrees"]
    text = shop.ready("explain", row[0], row[1].isoformat(), "minutes_30d").stdout
    lines = (shop.data / "visits/2024.csv").read_text().splitlines()
    places = re.findall(r"2024\.csv:(\d+)  (.+)", text)
    assert len(places) > 2
    assert all(lines[int(number) - 1] == record for number, record in places)
    done = shop.ready("lineage", "visits_features.minutes_30d", "all_features.revenue_30d")
    assert done.returncode == 2
    done = shop.ready("lineage", "visits_features.minutes_30d")
    assert "stg.visits.minutes" in done.stdout, done.stdout + done.stderr
    assert "  2024.csv" in done.stdout
    done = shop.ready("lineage", "all_features.minutes_30d", "all_features.revenue_30d", "--openlineage")
    assert {"payload.minutes", "payload.amount"} <= set(re.findall(r"payload\.\w+", done.stdout)), done.stderr


def check_reproduced(shop: Shop) -> None:
    for name in ("customer_features:1", "visits_features:1", "all_features:1"):
        done = shop.ready("reproduce", name, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["equal"]
    recorded = shop.rows("select feature_set, load_ids from meta.feature_registry order by 1")
    assert recorded == [
        ("all_features", [1, 2, 3, 4]), ("customer_features", [1, 2, 3]), ("visits_features", [1, 2, 3, 4]),
    ]  # fmt: skip
