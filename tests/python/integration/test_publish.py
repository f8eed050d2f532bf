"""Readers of feats see accepted builds only: one polls during 20 builds, five of which fail their tests."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

import forked
import pytest
from proof_case import Shop
from reader import seen

from ready.postgres import embedded
from ready.postgres.connection import ConnectionParams

PROJECT = Path(__file__).parents[3]
BUILDS = 20
FAILING = frozenset({3, 7, 8, 14, 19})
# The orders are changed by hand, which only a full refresh looks at.
SELECTED = ("--select", "customer_purchases+", "--exclude-resource-type", "unit_test")
REBUILD = ("dbt", "build", "--full-refresh", *SELECTED)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ConnectionParams]]:
    home = tmp_path_factory.mktemp("publish")
    params = embedded.start(home)
    _first_run(home)
    yield home, params
    embedded.reset(home)


@pytest.mark.thorough  # test_readers.py publishes by the same statements
def test_reader_sees_only_accepted_builds(built: tuple[Path, ConnectionParams]) -> None:
    home, params = built
    with contextlib.closing(params.connect()) as connection:
        connection.autocommit = True
        accepted = {seen(connection)}
        polled = set()
        process, done = _start(_build_again_and_again, home)
        while process.is_alive() or done.poll():
            polled.add(seen(connection))
            if done.poll():
                succeeded = done.recv()
                if succeeded is None:
                    break
                if succeeded:
                    accepted.add(seen(connection))
                done.send("go on")
        process.join()
    assert process.exitcode == 0
    assert len(accepted) == 1 + BUILDS - len(FAILING)
    assert polled <= accepted
    assert all(features == training_set for _, features, training_set, _ in accepted)


def test_candidate_stays_for_inspection_and_next_build_takes_over(shop: Shop) -> None:
    def found() -> tuple[str, ...]:
        with contextlib.closing(shop.database.connect()) as connection:
            return seen(connection)

    before = found()
    shop.execute(LOSE_CUSTOMER)
    assert shop.ready(*REBUILD).returncode == 1
    assert found() == before
    lost = "select count(*) from feats.customer_features__candidate where customer_id is null"
    assert shop.value(lost) > 0
    shop.execute(FIND_CUSTOMER)
    assert shop.ready(*REBUILD).returncode == 0
    assert shop.value("select count(*) from pg_tables where tablename like '%\\_\\_candidate'") == 0


def _start(
    target: object, home: Path
) -> tuple[multiprocessing.Process, multiprocessing.connection.Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(home, theirs))  # type: ignore[arg-type]
    process.start()
    return process, ours  # type: ignore[return-value]


def _ready(home: Path, *arguments: str | Path) -> bool:
    env = {**os.environ, "READY_HOME": str(home), "READY_ARTIFACTS": str(home / "artifacts")}
    return forked.ready(*arguments, cwd=PROJECT, env=env).returncode == 0


def _first_run(home: Path) -> None:
    assert _ready(home, "load", PROJECT / "data" / "raw")
    _whole_build(home)


def _whole_build(home: Path) -> None:
    assert _ready(home, "dbt", "build", "--full-refresh", "--exclude-resource-type", "unit_test")


def _change_orders(home: Path, statement: str) -> None:
    with contextlib.closing(embedded.start(home).connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        connection.commit()


FIRST = "where order_id = (select min(order_id) from stg.orders where is_purchase)"
CHANGE = f"update stg.orders set amount = amount + 1 {FIRST}"
LOSE_CUSTOMER = f"update stg.orders set customer_id = null {FIRST}"
FIND_CUSTOMER = "update stg.orders set customer_id = 'C000001' where customer_id is null"


def _build_again_and_again(home: Path, parent: multiprocessing.connection.Connection) -> None:
    for number in range(BUILDS):
        _change_orders(home, LOSE_CUSTOMER if number in FAILING else CHANGE)
        succeeded = _ready(home, *REBUILD)
        assert succeeded == (number not in FAILING)
        _change_orders(home, FIND_CUSTOMER)
        parent.send(succeeded)
        parent.recv()
    parent.send(None)
