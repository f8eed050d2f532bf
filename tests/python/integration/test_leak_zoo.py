"""`ready check-leakage` on a zoo of models: leaks are caught or not proven, no correct model is accused."""

from __future__ import annotations

import pickle
from pathlib import Path

import forked
import leak_zoo
import pytest
from conftest import PROJECT
from leak_zoo import (
    CORRECT,
    CORRECT_TOGETHER,
    EVASIVE,
    LEAKING,
    LEAKING_TOGETHER,
    TABLES,
    one_by_read,
    open_zoo,
    side_by_side,
)
from proof_case import Shop, copy_of

from ready.postgres.connection import ConnectionParams
from ready.proof.leakage import LeakageReport


@pytest.fixture(scope="module")
def evasive(request: pytest.FixtureRequest) -> list[str]:
    """All of them with --thorough, else one for each thing that they read."""
    return list(EVASIVE) if request.config.getoption("--thorough") else one_by_read()


@pytest.fixture(scope="module")
def report(
    evasive: list[str],
    built_shop: Shop,
    server: ConnectionParams,
    tmp_path_factory: pytest.TempPathFactory,
) -> LeakageReport:
    """Of one check of all models together, by who may everything."""
    with copy_of(built_shop, server, tmp_path_factory.mktemp("zoo") / "shop") as shop:
        # No others are looked at, and most animals go through all orders for each row.
        shop.execute("delete from stg.orders where right(customer_id, 1) not in ('1', '5')")
        shop.execute(TABLES)
        open_zoo(shop.project, evasive)
        file = shop.folder / "report"
        done = forked.script(Path(leak_zoo.__file__), file, cwd=PROJECT, env=shop.environ)
    assert done.returncode == 0, done.stdout + done.stderr
    found: LeakageReport = pickle.loads(file.read_bytes())
    return found


def test_there_are_enough_of_each_kind() -> None:
    assert (len(LEAKING) >= 24, len(EVASIVE) >= 20, len(CORRECT) >= 10) == (True, True, True)


def test_who_knows_the_future_leaks(report: LeakageReport) -> None:
    leaking = {
        leak.difference.column if leak.model == LEAKING_TOGETHER else leak.model for leak in report.leaks
    }
    assert sorted(LEAKING.keys() - leaking) == []


def test_who_reads_past_the_check_is_not_proven_and_told_with_what_it_read(
    report: LeakageReport, evasive: list[str]
) -> None:
    told = {name: (*report.unproven.get(name, ()), *report.doubts.get(name, ())) for name in evasive}
    assert len(told) > 10
    assert {name: told[name] for name in evasive if EVASIVE[name][1] not in told[name]} == {}


def test_who_knows_only_the_past_is_not_accused(report: LeakageReport) -> None:
    leaking = {leak.model for leak in report.leaks}
    correct = list(side_by_side(CORRECT, CORRECT_TOGETHER))
    assert [name for name in correct if name in leaking or report.is_open(name)] == []
    assert len(correct) > 5


def test_it_says_what_was_changed_and_what_was_not(report: LeakageReport) -> None:
    assert report.confined
    assert report.changed == ("orders", "decisions", "states", "visits")
    assert {"plans", "orders_to_date", "orders_history", "loads"} <= set(report.unchanged)
    assert {"clean_states", "order_counts"} <= set(report.not_compared)
    tested, rows = report.own_instant
    assert 0 < tested < rows
