"""Members beside the orders, whose rows change: against the oracle, by their own dates and by their loads."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from against_oracle import assert_same
from oracle_events import State, state_features
from proof_case import Shop
from served import assert_served, instants_near
from source_case import STATES, lay_out_members, write_members

from ready.proof.explain import explain

CUSTOMERS = [f"C{number:06}" for number in range(1, 80)]


def read_members(files: Sequence[tuple[Path, datetime | None]]) -> dict[str, list[State]]:
    """Each file with when it came, where its rows do not say it: then a score is a text."""
    found: dict[str, list[State]] = {}
    for file, came in files:
        for row in csv.DictReader(file.open(encoding="utf-8")):
            values = {
                "segment": row["segment"] or None,
                "score": (row["score"] if came else Decimal(row["score"])) if row["score"] else None,
            }
            state = State(came or datetime.fromisoformat(row["since"]), values)
            found.setdefault(row["customer"], []).append(state)
    return found


def assert_equal_oracle(shop: Shop, states: Mapping[str, Sequence[State]]) -> None:
    spine = [
        (row[0], row[1]) for row in shop.rows("select customer_id, feature_time from feats.customer_features")
    ]
    wanted = state_features(states, spine, list(STATES))
    names = list(next(iter(wanted.values())))
    listed = ", ".join(names)
    rows = shop.rows(f"select customer_id, feature_time, {listed} from feats.members_features")
    held = {key: tuple(row.values()) for key, row in wanted.items()}
    assert_same({(row[0], row[1]): row[2:] for row in rows}, held, names)
    assert any(row["segment_age_days"] for row in wanted.values())


def test_states_with_dates_equal_the_oracle_and_are_proven(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out_members(shop, dated=True)
    first, second = shop.data / "members/1.csv", shop.data / "members/2.csv"
    write_members(first, seed=1, customers=CUSTOMERS, rows=500)
    shop.run("--data", shop.data)
    assert_equal_oracle(shop, read_members([(first, None)]))
    write_members(second, seed=2, customers=CUSTOMERS, rows=400)
    shop.run("--data", shop.data)
    assert_equal_oracle(shop, read_members([(first, None), (second, None)]))
    in_part = shop.content_of("stg.members"), shop.content_of("feats.members_features")
    shop.run("--data", shop.data, "--full-refresh")
    assert (shop.content_of("stg.members"), shop.content_of("feats.members_features")) == in_part
    states = read_members([(first, None), (second, None)])
    times = [state.known for of_customer in states.values() for state in of_customer]
    asked = instants_near(times, CUSTOMERS, seed=3, number=400)
    assert_served(shop, monkeypatch, "members_features", state_features(states, asked, list(STATES)))

    done = shop.ready("check-leakage", "--cutoffs", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["changed"] == ["orders", "members"]
    changed = "from feats.members_features where segment_changes > 1 limit 1"
    (row,) = shop.rows(f"select customer_id, feature_time {changed}")
    with closing(shop.database.connect()) as connection:
        for name in ("segment", "score", "segment_age_days", "score_changes"):
            found = explain(connection, shop.settings, customer_id=row[0], feature_time=row[1], feature=name)
            assert found.agrees
            lines = [line for order in found.orders for line in order.lines]
            assert {line.file_name for line in lines} <= {"1.csv", "2.csv"}
    assert shop.ready("reproduce", "members_features:1").returncode == 0


def test_without_dates_a_state_is_known_since_its_load(shop: Shop) -> None:
    """Also one that a later delivery of its file has superseded; what that names no more stays as it was."""
    lay_out_members(shop, dated=False)
    file = shop.data / "members/members.csv"
    came = [datetime(2024, 6, day, 12, tzinfo=timezone.utc) for day in (3, 10)]
    states: dict[str, list[State]] = {}
    for number, instant in enumerate(came):
        write_members(file, seed=number, customers=CUSTOMERS[: 70 - 30 * number], rows=300 - 150 * number)
        done = shop.ready("load", shop.data)
        assert done.returncode == 0, done.stderr
        loads = "select max(load_id) from raw.loads where source = 'members'"
        shop.tamper(f"update raw.loads set loaded_at = '{instant.isoformat()}' where load_id = ({loads})")
        for customer, delivered in read_members([(file, instant)]).items():
            states.setdefault(customer, []).extend(delivered)
    shop.run("--data", shop.data)
    assert_equal_oracle(shop, states)
    assert shop.value("select count(distinct load_id) from stg.members") == 2
    assert shop.value("select max(segment_changes) from feats.members_features") == 1
    # The same bytes read again, with other settings, are no other states.
    done = shop.ready("load", "--source", "members", "--encoding", "cp1252", shop.data / "members")
    assert done.returncode == 0, done.stdout + done.stderr
    shop.run("--data", shop.data)
    assert shop.value("select count(*) from raw.loads where source = 'members'") > 2
    assert_equal_oracle(shop, states)
    assert shop.value("select count(distinct load_id) from stg.members") == 2
    done = shop.ready("reproduce", "members_features:1")
    assert done.returncode == 0, done.stdout + done.stderr
    # A file that is withdrawn was never known.
    done = shop.ready("load", "--source", "members", "--withdraw", "members.csv", "--max-shrink", "100%")
    assert done.returncode == 0, done.stderr
    write_members(file.with_name("others.csv"), seed=3, customers=CUSTOMERS, rows=1)
    file.unlink()
    shop.run("--data", shop.data)
    assert shop.value("select count(*) from stg.members") == 1
    assert shop.value("select count(segment_age_days) from feats.members_features") == 0
