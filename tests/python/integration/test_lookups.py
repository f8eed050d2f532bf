"""Visits that look up what their page was about: the SQL on a few rows, and the whole way with its proofs."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from against_oracle import assert_same
from oracle import Rule
from oracle_events import Event, event_features, read_pages, read_visits, with_lookups
from proof_case import Shop
from rendered_macros import macros
from source_case import LOOKUPS, add_features, lay_out_pages, lay_out_visits, write_pages, write_visits

from ready.postgres.connection import ConnectionParams

CUSTOMERS = [f"C{number:06}" for number in range(1, 60)]
AGGREGATIONS: dict[str, Rule] = {
    "visits": "count",
    "topics": "count_distinct of topic",
    "last_topic": "latest of topic",
    "usual_topic": "mode of topic",
    "worth": "sum of worth",
    "most_worth": "max of worth",
    "visits_of": {"rule": "count", "by": "topic", "values": ["news", "shop"]},
    "minutes_of": {"rule": "sum of minutes", "by": "topic", "values": ["shop"]},
}
TOTALS = ["visits", "worth", "last_topic"]
WINDOWS = (1, 7, 30)
TABLES = ("stg.visits", "feats.visits_features", "feats.all_features")
SPINE = "select customer_id, feature_time from feats.customer_features"


def looked_up(visits: list[Path], pages: list[Path]) -> list[Event]:
    columns = {"topic": "topic", "worth": "price"}
    return with_lookups(read_visits(visits), read_pages(pages), key="page", columns=columns)


def assert_equal_oracle(shop: Shop, events: list[Event]) -> None:
    rows = shop.rows("select event_id, topic, worth from stg.visits")
    held = {event.event_id: (event.values["topic"], event.values["worth"]) for event in events}
    assert {row[0]: row[1:] for row in rows} == held
    spine = [(row[0], row[1]) for row in shop.rows(SPINE)]
    wanted = event_features(
        events, spine, windows=WINDOWS, aggregations=AGGREGATIONS, totals=TOTALS, noun="visits"
    )
    names = list(next(iter(wanted.values())))
    listed = f"select customer_id, feature_time, {', '.join(names)} from feats.all_features"
    features = {(row[0], row[1]): row[2:] for row in shop.rows(listed)}
    assert_same(features, {key: tuple(row.values()) for key, row in wanted.items()}, names)
    assert max(row[names.index("visits_of_shop_30d")] for row in features.values()) > 1


def laid_out(shop: Shop) -> tuple[list[Path], list[Path]]:
    """The files of visits and of pages."""
    lay_out_visits(shop, lookups=LOOKUPS)
    add_features(shop.project / "configs", AGGREGATIONS, TOTALS)
    lay_out_pages(shop)
    visits, pages = [shop.data / "visits/1.csv"], [shop.data / "pages/1.csv"]
    write_visits(visits[0], seed=1, customers=CUSTOMERS, ids=range(1500))
    write_pages(pages[0], seed=1, rows=150)
    return visits, pages


LEAKY = """{{ config(materialized='published', schema='feats') }}
select spine.customer_id, spine.feature_time, sum(pages.price) as worth_of_ever
from {{ ref('customer_features') }} as spine
left join {{ ref('visits') }} as visits
    on visits.customer_id = spine.customer_id and visits.event_ts < spine.feature_time
    and visits.available_at < spine.feature_time
left join {{ ref('pages') }} as pages on pages.page = visits.page
group by 1, 2
"""


EVENTS = """(values
    (1, 'p1', 'a', timestamptz '2024-01-01 09:59:59Z'), (2, 'p1', 'a', '2024-01-01 10:00Z'),
    (3, 'p1', null, '2024-01-02 00:00Z'), (4, 'p1', 'b', '2024-01-03 00:00:01Z'),
    (5, null, 'a', '2024-01-05Z'), (6, 'p2', 'a', '2024-01-05Z'), (7, 'none', 'a', '2024-01-05Z')
) as events (event_id, product, shelf, event_ts)"""
PRODUCTS = """(values
    ('p1', timestamptz '2024-01-01 10:00Z', 'shoes', 1), ('p1', '2024-01-02 00:00Z', null, 2),
    ('p1', '2024-01-03 00:00Z', 'hats', null), ('p2', '2024-01-06Z', 'bags', 9)
) as products (product_id, available_at, category, price)"""


def test_the_state_of_a_key_at_the_time_of_an_event(database: ConnectionParams) -> None:
    """Known at that very instant it counts, a moment later it does not; a blank is a value like others."""
    of_products = {"from": "products", "key": "product", "key_of_states": "product_id"}
    lookups = [
        {**of_products, "name": "kind", "column": "category"},
        {**of_products, "name": "price", "column": "price"},
        {**of_products, "name": "on_shelf", "column": "category", "key": "shelf"},
    ]
    query = macros({})["events_with_lookups"](lookups, EVENTS, {"products": PRODUCTS})
    with contextlib.closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"select event_id, kind, price, on_shelf from ({query}) as found order by 1")
        rows = cursor.fetchall()
    assert rows == [
        (1, None, None, None),
        (2, "shoes", 1, None),
        (3, None, 2, None),
        (4, "hats", None, None),
        (5, None, None, None),
        (6, None, None, None),
        (7, None, None, None),
    ]
    assert query.count("left join states_") == 2, "one join for each key"


@pytest.mark.thorough
def test_what_was_known_of_a_key_equals_the_oracle_and_is_proven(shop: Shop) -> None:
    """Ties, late states, corrections, keys without a state, deletions; two deliveries and a full build."""
    visits, pages = laid_out(shop)
    (shop.project / "models/features/leaky_features.sql").write_text(LEAKY)
    shop.run("--data", shop.data)
    events, states = looked_up(visits, pages), read_pages(pages)
    instants = {(page, state.known) for page, known in states.items() for state in known}
    assert any((event.values["page"], event.event_ts) in instants for event in events)
    assert "home" not in states
    assert_equal_oracle(shop, events)
    check_the_future_of_what_is_looked_up(shop)
    check_explained(shop)
    check_reproduced(shop)

    pages.append(shop.data / "pages/2.csv")
    write_pages(pages[1], seed=2, rows=100)
    shop.run("--data", shop.data)
    assert looked_up(visits, pages) != events
    assert_equal_oracle(shop, looked_up(visits, pages))
    recorded = "select load_ids from meta.feature_registry where feature_set = 'visits_features' "
    assert shop.value(f"{recorded} order by created_at desc limit 1") == shop.value(
        "select array_agg(load_id order by load_id) from raw.loads"
    )
    in_part = {table: shop.content_of(table) for table in TABLES}
    shop.run("--data", shop.data, "--full-refresh")
    assert {table: shop.content_of(table) for table in TABLES} == in_part
    # Plain dbt builds and publishes a part, by what the gate has passed before.
    done = shop.ready("dbt", "run", "--select", "visits_features+")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not published" not in done.stdout
    check_keys_without_a_state(shop)


def test_features_of_look_ups_from_before_are_not_published(shop: Shop) -> None:
    """What is recorded was read: events that were built before the states they name are looked up again."""
    visits, pages = laid_out(shop)
    shop.run("--data", shop.data)
    before = recorded_loads(shop)
    pages.append(shop.data / "pages/2.csv")
    write_pages(pages[1], seed=2, rows=100)
    loaded = shop.ready("load", "--source", "pages", pages[1])
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    assert built(shop, "pages_parsed", "pages_rejected", "pages").count("not published") == 0
    told = built(shop, "visits_features+")
    assert "visits is older than what it reads (pages, visits_in_files): dbt build -s visits+" in told
    assert recorded_loads(shop) == before
    assert "not published" not in built(shop, "visits+")
    assert recorded_loads(shop) == shop.value("select array_agg(load_id order by load_id) from raw.loads")
    assert_equal_oracle(shop, looked_up(visits, pages))


def built(shop: Shop, *selected: str) -> str:
    done = shop.ready("dbt", "build", "--select", *selected)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def recorded_loads(shop: Shop) -> list[int]:
    """Of the build of the visits' features that is published."""
    recorded: list[int] = shop.value(
        "select load_ids from meta.current_versions inner join meta.dataset_builds "
        "using (feature_set, feature_version, data_hash, dataset_hash) where feature_set = 'visits_features'"
    )
    return recorded


def check_keys_without_a_state(shop: Shop) -> None:
    """By a key that no state has: the columns are empty, and the run says so."""
    by_customer = {name: {**entry, "key": "customer_id"} for name, entry in LOOKUPS.items()}
    lay_out_visits(shop, lookups=by_customer)
    add_features(shop.project / "configs", AGGREGATIONS, TOTALS)
    done = shop.run("--data", shop.data)
    assert "0 find a state of pages that was known by then" in done.stdout + done.stderr
    assert shop.value("select count(topic) from stg.visits") == 0


def check_the_future_of_what_is_looked_up(shop: Shop) -> None:
    """A model that looks up by the key alone leaks; the source's own features do not."""
    done = shop.ready("check-leakage", "--cutoffs", "1", "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["changed"] == ["orders", "pages", "visits_in_files"]
    verdicts = {model["name"]: model["verdict"] for model in told["models"]}
    assert verdicts.pop("leaky_features") == "LEAKS"
    assert {"visits_features", "all_features"} <= verdicts.keys()
    assert set(verdicts.values()) == {"same"}


def check_explained(shop: Shop) -> None:
    """A value leads to the lines of the visits, and to those of the pages as they were then."""
    both = f"{SPINE} join feats.visits_features using (customer_id, feature_time)"
    (row,) = shop.rows(f"{both} where worth_30d > 20 and topics_30d > 1 limit 1")
    for name in ("topics_30d", "last_topic_30d", "worth_total", "visits_of_shop_30d", "minutes_of_shop_30d"):
        done = shop.ready("explain", row[0], row[1].isoformat(), name, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["agrees"]
    text = shop.ready("explain", row[0], row[1].isoformat(), "worth_30d").stdout
    places = [(int(number), record) for number, record in re.findall(r"1\.csv:(\d+)  (.+)", text)]
    for folder in ("visits", "pages"):
        lines = ["", *(shop.data / folder / "1.csv").read_text().splitlines()]
        assert any(number < len(lines) and lines[number] == record for number, record in places), text


def check_reproduced(shop: Shop) -> None:
    """With the definition on record, and the lineage of both sources."""
    done = shop.ready("lineage", "visits_features.worth_30d")
    named = set(re.findall(r"stg\.\w+\.\w+", done.stdout))
    assert {"stg.pages.price", "stg.visits.page"} <= named, done.stdout + done.stderr
    done = shop.ready("reproduce", "visits_features:1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["equal"]
