"""examples/sources: what `ready add source` writes is there, and the run gives what the oracle does."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from against_oracle import assert_same
from example_case import example_shop, instant, records
from oracle_events import Event, State, event_features, state_features

from ready.postgres.connection import ConnectionParams


def events() -> list[Event]:
    return [
        Event(
            row["visit_id"],
            row["customer_id"],
            instant(row["visited_at"]),
            instant(row["loaded_at"]),
            {"page": row["page"], "minutes": Decimal(row["minutes"])},
        )
        for row in records("sources", "visits")
    ]


def states() -> dict[str, list[State]]:
    found: dict[str, list[State]] = {}
    for row in records("sources", "members"):
        values = {"segment": row["segment"], "newsletter": row["newsletter"]}
        found.setdefault(row["customer_id"], []).append(State(instant(row["valid_from"]), values))
    return found


@pytest.mark.thorough  # test_webshop_example.py has one with look-ups
def test_the_example_is_what_the_command_writes_and_equals_the_oracle(
    tmp_path: Path, database: ConnectionParams
) -> None:
    shop = example_shop("sources", tmp_path / "shop", database, [["visits"], ["members", "--state"]])
    shop.run("--data", shop.data)
    spine = [
        (row[0], row[1]) for row in shop.rows("select customer_id, feature_time from feats.customer_features")
    ]
    assert len(spine) == 253
    rules = {"visits": "count", "different_page": "count_distinct of page", "sum_minutes": "sum of minutes"}
    wanted = event_features(
        events(), spine, windows=(7, 30, 90), aggregations=rules, totals=["visits"], noun="visits"
    )
    known = state_features(states(), spine, ["segment", "newsletter"])
    held = {key: (*row.values(), *known[key].values()) for key, row in wanted.items()}
    names = [*next(iter(wanted.values())), *next(iter(known.values()))]
    rows = shop.rows(f"select customer_id, feature_time, {', '.join(names)} from feats.all_features")
    assert_same({(row[0], row[1]): row[2:] for row in rows}, held, names)
    for feature in ("sum_minutes_30d", "segment_age_days"):
        assert shop.ready("explain", "K001", "2024-06-01", feature).returncode == 0
