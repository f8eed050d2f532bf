"""examples/webshop: look-ups and deletions, as `ready add source` writes them, give what the oracle does."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from against_oracle import assert_same
from example_case import example_shop, instant, records
from oracle import Rule
from oracle_events import Event, State, event_features, known_at, state_features, with_lookups
from proof_case import Shop

from ready.postgres.connection import ConnectionParams

SOURCES = (
    ["products", "--state", "--key", "product_id"],
    ["campaigns", "--state"],
    ["visits"],
    ["members", "--state"],
)
OF_CATEGORY: Rule = {"rule": "count", "by": "category", "values": ["shoes", "sale"]}
RULES: dict[str, Rule] = {
    "visits": "count",
    "different_product_id": "count_distinct of product_id",
    "different_campaign_id": "count_distinct of campaign_id",
    "sum_minutes": "sum of minutes",
    "different_goal": "count_distinct of goal",
    "different_category": "count_distinct of category",
    "sum_price": "sum of price",
    "visits_of": OF_CATEGORY,
}
BY_HAND = """          sum_price: sum of price
          visits_of: {rule: count, by: category, values: [shoes, sale]}
"""
OF_ORDERS = "          orders_of: {rule: count, by: category, values: [shoes, sale]}\n"
LOOKED_UP = """    config:
      meta:
        ready_lookup:
          category: {from: products, key: product_id}
"""
BAD = """product_id,valid_from,category,price,discontinued
P01,2024-05-01,shoes,1,
P02,2024-05-01,shoes,1,maybe
P01,2024-05-01,shoes,2,
"""


def states(source: str, key: str, deleted: str = "") -> dict[str, list[State]]:
    """Of each key what it was; without values from a deletion on."""
    found: dict[str, list[State]] = {}
    for row in records("webshop", source):
        gone = deleted and row[deleted] == "yes"
        values: dict[str, Decimal | str | None] = {
            name: None if gone or not text else Decimal(text) if name == "price" else text
            for name, text in row.items()
            if name not in (key, "valid_from", deleted)
        }
        found.setdefault(row[key], []).append(State(instant(row["valid_from"]), values))
    return found


def visits() -> list[Event]:
    plain = [
        Event(
            row["visit_id"],
            row["customer_id"],
            instant(row["visited_at"]),
            instant(row["loaded_at"]),
            {
                "product_id": row["product_id"],
                "campaign_id": row["campaign_id"] or None,
                "minutes": Decimal(row["minutes"]),
            },
        )
        for row in records("webshop", "visits")
    ]
    of_products = states("products", "product_id", "discontinued")
    columns = {"category": "category", "price": "price"}
    looked_up = with_lookups(plain, of_products, key="product_id", columns=columns)
    of_campaigns = states("campaigns", "campaign_id")
    return with_lookups(looked_up, of_campaigns, key="campaign_id", columns={"goal": "goal"})


def test_the_example_is_what_the_command_writes_and_equals_the_oracle(
    tmp_path: Path, database: ConnectionParams
) -> None:
    shop = example_shop("webshop", tmp_path / "shop", database, SOURCES)
    shop.edit("configs/features.yaml", "          sum_price: sum of price\n", BY_HAND)
    column = "          channel: channel\n"
    shop.edit("configs/orders.yaml", column, f"{column}          product_id: product_id\n")
    orders = shop.project / "configs/orders.yaml"
    orders.write_text(orders.read_text() + LOOKED_UP)
    counted = "          orders: count "
    shop.edit("configs/features.yaml", counted, OF_ORDERS + counted)
    shop.run("--data", shop.data)
    spine = [
        (row[0], row[1]) for row in shop.rows("select customer_id, feature_time from feats.customer_features")
    ]
    events, members = visits(), states("members", "customer_id", "deleted")
    wanted = event_features(
        events, spine, windows=(7, 30, 90), aggregations=RULES, totals=["visits"], noun="visits"
    )
    known = state_features(members, spine, ["segment", "newsletter"])
    held = {key: (*row.values(), *known[key].values()) for key, row in wanted.items()}
    names = [*next(iter(wanted.values())), *next(iter(known.values()))]
    rows = shop.rows(f"select customer_id, feature_time, {', '.join(names)} from feats.all_features")
    assert_same({(row[0], row[1]): row[2:] for row in rows}, held, names)
    assert len(spine) == 361
    assert {None, "sale"} < {event.values["category"] for event in events}
    assert [row for row in known.values() if row["segment"] is None and row["segment_age_days"] is not None]
    check_orders_of_a_category(shop)
    check_explained(shop)
    check_two_states_at_one_instant(shop)


def check_orders_of_a_category(shop: Shop) -> None:
    """Of each row how many orders of the last 90 days were of a sale when they were placed."""
    products = states("products", "product_id", "discontinued")
    placed = []
    for row in records("webshop", "."):
        at = instant(row["order_ts"])
        known = known_at(products.get(row["product_id"], []), at)
        if known and known.values["category"] == "sale" and row["status"] == "completed":
            placed.append((row["customer_id"], at))
    rows = shop.rows("select customer_id, feature_time, orders_of_sale_90d from feats.customer_features")
    wanted = {
        (id, t): sum(who == id and t - timedelta(days=90) <= at < t for who, at in placed)
        for id, t, _ in rows
    }
    assert {(id, t): number for id, t, number in rows} == wanted
    assert max(wanted.values()) > 0


def check_explained(shop: Shop) -> None:
    """A value leads to the lines of the visits, and to those of the products as they were then."""
    done = shop.ready("explain", "W001", "2024-09-01", "sum_price_90d", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["agrees"]
    files = [[line["file_name"] for line in event["lines"]] for event in found["orders"]]
    assert ["2024-h2.csv", "2024-01.csv"] in files
    assert any(names[-1] == "2024-12.csv" for names in files)


def check_two_states_at_one_instant(shop: Shop) -> None:
    """And a word that says neither yes nor no: each with file and line, and nothing is built."""
    (shop.data / "products/bad.csv").write_text(BAD)
    done = shop.ready("run", "--data", shop.data)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [text.split(", such as")[0] for text in shop.report["errors"]] == [
        "products: deleted has 1 value(s) that say neither yes nor no",
        "products: product_id has 1 value(s) that come again at one instant, with other values",
    ]
    sample = [one for check in shop.report["checks"] for one in check.get("sample") or ()]
    assert {(one["file"], one["line"]) for one in sample} == {("bad.csv", 3), ("bad.csv", 4)}
