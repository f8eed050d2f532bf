"""Visits that look up what their page was about: against the oracle, with the proofs, and what is refused."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from against_oracle import assert_same
from oracle import Rule
from oracle_events import Event, State, event_features, read_visits, with_lookups
from proof_case import Shop
from source_case import LOOKUPS, add_features, lay_out_pages, lay_out_visits, write_pages, write_visits

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


def read_pages(files: list[Path]) -> dict[str, list[State]]:
    """From the instant of a deletion on a page has no values."""
    found: dict[str, list[State]] = {}
    for file in files:
        for row in csv.DictReader(file.open(encoding="utf-8")):
            price = Decimal(row["price"]) if row["price"] else None
            values = {"topic": row["topic"] or None, "price": price}
            gone = row["gone"].lower() == "yes"
            state = State(datetime.fromisoformat(row["since"]), dict.fromkeys(values) if gone else values)
            found.setdefault(row["page"], []).append(state)
    return found


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
    add_features(shop, AGGREGATIONS, TOTALS)
    lay_out_pages(shop)
    visits, pages = [shop.data / "visits/1.csv"], [shop.data / "pages/1.csv"]
    write_visits(visits[0], seed=1, customers=CUSTOMERS, ids=range(1500))
    write_pages(pages[0], seed=1, rows=150)
    return visits, pages


def test_what_was_known_of_a_key_equals_the_oracle_and_is_proven(shop: Shop) -> None:
    """Ties, late states, corrections, keys without a state, deletions; two deliveries and a full build."""
    visits, pages = laid_out(shop)
    shop.run("--data", shop.data)
    events, states = looked_up(visits, pages), read_pages(pages)
    instants = {(page, state.known) for page, known in states.items() for state in known}
    assert any((event.values["page"], event.event_ts) in instants for event in events)
    assert "home" not in states
    assert_equal_oracle(shop, events)
    check_proven(shop)
    pages.append(shop.data / "pages/2.csv")
    write_pages(pages[1], seed=2, rows=100)
    shop.run("--data", shop.data)
    assert looked_up(visits, pages) != events
    assert_equal_oracle(shop, looked_up(visits, pages))
    in_part = {table: shop.content_of(table) for table in TABLES}
    shop.run("--data", shop.data, "--full-refresh")
    assert {table: shop.content_of(table) for table in TABLES} == in_part


def check_proven(shop: Shop) -> None:
    """The future of what is looked up, explanation, lineage and reproduction."""
    done = shop.ready("check-leakage", "--cutoffs", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["changed"] == ["orders", "pages", "visits_in_files"]
    same = {model["name"] for model in told["models"] if model["verdict"] == "same"}
    assert {"visits_features", "all_features"} <= same
    check_explained(shop)
    done = shop.ready("lineage", "visits_features.worth_30d")
    assert {"stg.pages.price", "stg.visits.page"} <= set(re.findall(r"stg\.\w+\.\w+", done.stdout)), (
        done.stdout
    )
    done = shop.ready("reproduce", "visits_features:1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["equal"]
    recorded = "select load_ids from meta.feature_registry where feature_set = 'visits_features'"
    assert shop.value(recorded) == shop.value("select array_agg(load_id order by load_id) from raw.loads")


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


LEAKY = """{{ config(materialized='published', schema='feats') }}
select spine.customer_id, spine.feature_time, max(pages.topic) as topic_of_now
from {{ ref('customer_features') }} as spine
left join {{ ref('visits') }} as visits
    on visits.customer_id = spine.customer_id and visits.event_ts < spine.feature_time
    and visits.available_at < spine.feature_time
left join {{ ref('pages') }} as pages on pages.page = visits.page
group by 1, 2
"""
BAD = """page,since,topic,price,gone
cart,2024-05-01,shop,1,
faq,2024-05-01,shop,1,maybe
cart,2024-05-01,shop,2,
"""


def test_states_of_later_are_a_leak_and_two_at_one_instant_stop_a_run(shop: Shop) -> None:
    _, pages = laid_out(shop)
    (shop.project / "models/features/leaky_features.sql").write_text(LEAKY)
    shop.run("--data", shop.data)
    done = shop.ready("check-leakage", "--cutoffs", "1", "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    verdicts = {model["name"]: model["verdict"] for model in json.loads(done.stdout)["models"]}
    assert verdicts["leaky_features"] == "LEAKS"
    assert verdicts["visits_features"] == "same"

    pages[0].with_name("bad.csv").write_text(BAD)
    done = shop.ready("run", "--data", shop.data)
    assert done.returncode == 1, done.stdout + done.stderr
    assert shop.report["errors"] == [
        "pages: deleted has 1 value(s) that say neither yes nor no",
        "pages: page has 1 value(s) that come again at one instant, with other values",
    ]
    (check,) = [check for check in shop.report["checks"] if check["failures"]]
    places = [(row["file_name"], row["line_number"]) for row in check["samples"]]
    assert places == [("bad.csv", 3), ("bad.csv", 4)]
