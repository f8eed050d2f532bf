"""A shop with visits beside its orders: made-up deliveries, the configs and models for them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import yaml
from oracle import Rule
from proof_case import Shop

PAGES = ("home", "cart", "faq", "sale " + "x" * 140)
BEGIN = datetime(2024, 1, 1, tzinfo=timezone.utc)
WINDOWS = (1, 7, 30)
AGGREGATIONS: Mapping[str, Rule] = {
    "visits": "count",
    "minutes": "sum of minutes",
    "avg_minutes": "avg of minutes",
    "least_minutes": "min of minutes",
    "most_minutes": "max of minutes",
    "median_minutes": "median of minutes",
    "spread_minutes": "stddev of minutes",
    "pages": "count_distinct of page",
    "last_page": "latest of page",
    "first_page": "first of page",
    "usual_page": "mode of page",
    "visits_of": {"rule": "count", "by": "page", "values": ["home", "cart"]},
}
TOTALS = ("visits", "minutes", "least_minutes", "last_page")
COLUMNS: Mapping[str, Any] = {
    "event_id": "visit",
    "customer_id": "customer",
    "event_ts": "at",
    "available_at": "seen_at",
    "page": "page",
    "minutes": {"column": "minutes", "type": "number"},
}
MODELS = {
    "visits_mapped": "source_mapped",
    "visits_parsed": "source_parsed",
    "visits_rejected": "source_rejected",
    "visits": "source_events",
    "visits_features": "source_features",
}
JOINED = "{{ joined_features(['customer_features', 'visits_features']) }}\n"
# What a visit's page was about, looked up in a source of states of pages.
LOOKUPS: Mapping[str, Any] = {
    "topic": {"from": "pages", "key": "page"},
    "worth": {"from": "pages", "key": "page", "column": "price"},
}


def lay_out_visits(
    shop: Shop,
    *,
    columns: Mapping[str, Any] = COLUMNS,
    tests: Sequence[Any] = (),
    lookups: Mapping[str, Any] | None = None,
    configs: Path | None = None,
    **file: str,
) -> None:
    """configs/visits.yaml, the models, and the entry of features.yaml. file: more of ready_file."""
    configs = configs or shop.project / "configs"
    meta = {"ready_file": {"pattern": "*.csv", **file}, "ready_columns": dict(columns)}
    mapped = {
        "name": "visits_mapped",
        "config": {"meta": {**meta, **({"ready_lookup": dict(lookups)} if lookups else {})}},
    }
    # A visit that comes again may be another customer's, at another time: what follows from that is tested.
    relaxed = {rule: {"severity": "warn"} for rule in ("one_customer_per_order", "one_time_per_order")}
    parsed = {
        "name": "visits_parsed",
        "config": {"meta": {"ready_default_rules": relaxed}},
        "data_tests": ["usable_rows", "plausible_rows", *tests],
        "columns": [{"name": "event_ts", "data_tests": ["column_in_file"]}],
    }
    write_yaml(configs / "visits.yaml", {"version": 2, "models": [mapped, parsed]})
    models = shop.project / "models" / "sources"
    models.mkdir(exist_ok=True)
    for name, macro in MODELS.items():
        (models / f"{name}.sql").write_text(f"{{{{ {macro}() }}}}\n")
    if lookups:
        (models / "visits_in_files.sql").write_text("{{ source_events() }}\n")
        (models / "visits.sql").write_text("{{ source_lookups('pages') }}\n")
    (shop.project / "models/features/all_features.sql").write_text(JOINED)
    add_features(configs)


def add_features(
    configs: Path, aggregations: Mapping[str, Rule] = AGGREGATIONS, totals: Sequence[str] = TOTALS
) -> None:
    file = configs / "features.yaml"
    document = yaml.safe_load(file.read_text())
    others = [model for model in document["models"] if model["name"] != "visits_features"]
    meta = {
        "ready_windows": list(WINDOWS),
        "ready_aggregations": dict(aggregations),
        "ready_totals": list(totals),
    }
    document["models"] = [*others, {"name": "visits_features", "config": {"meta": meta}}]
    write_yaml(file, document)


def write_yaml(file: Path, content: Any) -> None:
    file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def write_visits(
    file: Path, *, seed: int, customers: Sequence[str], ids: range, with_ids: bool = True
) -> None:
    """Visits at odd times, at midnights, at one instant, late ones, and some that no one waits for."""
    random = Random(seed)
    file.parent.mkdir(parents=True, exist_ok=True)
    header = ["visit", "customer", "at", "seen_at", "page", "minutes"]
    rows = []
    last = BEGIN
    for number in ids:
        at = BEGIN + timedelta(days=random.randrange(540), seconds=random.randrange(86400))
        at = random.choice([at, at, at, at.replace(hour=0, minute=0, second=0), at.replace(day=1), last])
        last = at
        late = random.choice([0, 0, 0, 5, 86400 * 3, 86400 * 40, -3600])
        minutes = random.choice(
            ["", "0", str(random.randrange(90)), f"{random.randrange(900)}.{number % 100:02}"]
        )
        rows.append(
            {
                "visit": f"V{number:05}",
                "customer": random.choice(customers),
                "at": at.isoformat(),
                "seen_at": (at + timedelta(seconds=late)).isoformat(),
                "page": random.choice([*PAGES, ""]),
                "minutes": minutes,
            }
        )
    with file.open("w", encoding="utf-8", newline="") as out:
        names = header if with_ids else header[1:]
        writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


STATES = {"segment": "segment", "score": {"column": "score", "type": "number"}}
STATE_MODELS = {
    "members_mapped": "source_mapped",
    "members_parsed": "source_parsed",
    "members_rejected": "source_rejected",
    "members": "source_states",
    "members_features": "source_features",
}


def lay_out_members(shop: Shop, *, dated: bool, configs: Path | None = None, **file: str) -> None:
    """configs/members.yaml, a source of states; dated: its files say since when each is known."""
    configs = configs or shop.project / "configs"
    columns = {"customer_id": "customer", **({"available_at": "since"} if dated else {}), **STATES}
    mapped = {
        "name": "members_mapped",
        "config": {
            "meta": {
                "ready_kind": "state",
                "ready_columns": columns,
                **({"ready_file": file} if file else {}),
            }
        },
    }
    parsed = {"name": "members_parsed", "data_tests": ["usable_rows", "plausible_rows"]}
    write_yaml(configs / "members.yaml", {"version": 2, "models": [mapped, parsed]})
    models = shop.project / "models" / "sources"
    models.mkdir(exist_ok=True)
    for name, macro in STATE_MODELS.items():
        (models / f"{name}.sql").write_text(f"{{{{ {macro}() }}}}\n")
    features = configs / "features.yaml"
    document = yaml.safe_load(features.read_text())
    meta = {"ready_latest": list(STATES)}
    document["models"] += [{"name": "members_features", "config": {"meta": meta}}]
    write_yaml(features, document)


def write_members(file: Path, *, seed: int, customers: Sequence[str], rows: int) -> None:
    """States at odd times and at midnights, several at one instant, blanks, and some that change nothing."""
    random = Random(seed)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["customer", "since", "segment", "score"])
        since = BEGIN
        for _ in range(rows):
            since = random.choice(
                [since, BEGIN + timedelta(days=random.randrange(540), hours=random.choice([0, 0, 7]))]
            )
            writer.writerow(
                [
                    random.choice(customers),
                    since.isoformat(),
                    random.choice(["new", "loyal", "loyal", ""]),
                    random.choice(["", "1", "1.50", "2"]),
                ]
            )


STATE_ENDINGS = {"_mapped": "source_mapped", "_parsed": "source_parsed", "_rejected": "source_rejected"}


def lay_out_pages(shop: Shop) -> None:
    """configs/pages.yaml, states of pages that visits look up, with deletions."""
    columns = {
        "page": "page",
        "available_at": "since",
        "deleted": "gone",
        "topic": "topic",
        "price": {"column": "price", "type": "number"},
    }
    meta = {"ready_kind": "state", "ready_key": "page", "ready_columns": columns}
    models = [
        {"name": "pages_mapped", "config": {"meta": meta}},
        {"name": "pages_parsed", "data_tests": ["usable_rows", "plausible_rows"]},
    ]
    write_yaml(shop.project / "configs/pages.yaml", {"version": 2, "models": models})
    folder = shop.project / "models" / "sources"
    folder.mkdir(exist_ok=True)
    for ending, macro in {**STATE_ENDINGS, "": "source_keyed_states"}.items():
        (folder / f"pages{ending}.sql").write_text(f"{{{{ {macro}() }}}}\n")


def write_pages(file: Path, *, seed: int, rows: int) -> None:
    """States of some pages, at midnights as many visits, and at odd times; one line comes twice."""
    random = Random(seed)
    file.parent.mkdir(parents=True, exist_ok=True)
    states = {}
    for _ in range(rows):
        since = BEGIN + timedelta(days=random.randrange(540), hours=random.choice([0, 0, 0, 7]))
        states[random.choice([*PAGES[1:], "not visited"]), since] = [
            random.choice(["news", "shop", "shop", "help", ""]),
            random.choice(["", "1", "2.50", "19.99"]),
            random.choice(["", "no", "No", "0", "yes"]),
        ]
    lines = [[page, since.isoformat(), *rest] for (page, since), rest in states.items()]
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["page", "since", "topic", "price", "gone"])
        writer.writerows([*lines, lines[0]])
