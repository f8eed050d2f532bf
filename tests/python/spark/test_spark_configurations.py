"""Definitions other than the shipped one end with the same tables on Spark as on PostgreSQL."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from oracle import Definition
from random_orders import DEFINITIONS, Record, draw, histories, write_configs, write_files
from same_tables import assert_same_rows
from spark_case import query

from ready.postgres.connection import ConnectionParams
from ready.spark.connection import SparkParams

OnEngine = Callable[..., "subprocess.CompletedProcess[str]"]
CUSTOMERS = 60
# Of these Spark has no standard deviation: docs/spark.md.
LARGE = {"999999999999999999.999999": "9999999.999999"}


# A run takes most of a minute: each has all that does not stand in the way of the rest.
ORDERS = replace(DEFINITIONS["states_by_order"], by="customer", label=("typical", "avg of quantity"))
EVERY, DAY = DEFINITIONS["every_aggregation"], DEFINITIONS["day"]
DAYS = replace(
    EVERY,
    every="day",
    start=DAY.start,
    end=DAY.end,
    active_within=DAY.active_within,
    windows=(1, 7),
    horizon=3,
)


@pytest.mark.thorough  # test_spark_commands.py compares the sample's tables
@pytest.mark.parametrize(
    ("definition", "tracked"),
    [
        pytest.param(ORDERS, True, id="orders_tracked_and_set_aside"),
        pytest.param(DAYS, False, id="days"),
    ],
)
def test_random_orders_give_the_same_tables(
    definition: Definition,
    tracked: bool,
    database: ConnectionParams,
    run_ready: OnEngine,
    warehouse: SparkParams,
    on_spark: OnEngine,
    tmp_path: Path,
) -> None:
    data, configs = tmp_path / "data", tmp_path / "configs"
    drawn = draw(histories(definition), number=150 if tracked else CUSTOMERS)
    write_files(data, [[countable(record) for record in history] for history in drawn])
    write_configs(configs, definition, tracked=tracked)
    if tracked:
        quarantine(configs)
    command = ("run", "--json", "--data", data, "--configs", configs)
    postgres = outcome(run_ready(*command, "--artifacts", tmp_path / "postgres", database=database))
    spark = outcome(on_spark(*command, "--target", "spark"))
    assert spark == postgres
    assert_same_rows(database, warehouse)
    if tracked:
        reasons = query(
            warehouse, "select count(distinct reason) from stg.orders_rejected where reason like '%: %'"
        )
        assert reasons == [(len(ASIDE),)]


def countable(record: Record) -> Record:
    *others, texts, delay = record
    return (*others, tuple(LARGE.get(text, text) for text in texts), delay)  # type: ignore[return-value]


ASIDE: dict[str, list[Any]] = {
    "amount": [{"dbt_expectations.expect_column_values_to_be_between": {"arguments": {"min_value": 0}}}],
    "channel": [{"accepted_values": {"arguments": {"values": ["web", "app"]}}}],
    "country": ["not_null"],
    "quantity": [{"valid_number": {}}],
    "order_ts_raw": [{"unique": {}}],
    "order_id": [{"unique_within_load": {}}],
}


def quarantine(configs: Path) -> None:
    """A rule of each kind that sets rows aside: by row, by value, by key."""
    columns = []
    for column, (test,) in ASIDE.items():
        name, given = (test, {}) if isinstance(test, str) else next(iter(test.items()))
        columns.append(
            {
                "name": column,
                "data_tests": [{name: {**given, "config": {"meta": {"ready": {"on_fail": "quarantine"}}}}}],
            }
        )
    file = configs / "expectations.yaml"
    gate = yaml.safe_load(file.read_text())  # with the rules relaxed that random orders break
    gate["models"][0]["columns"] = columns
    file.write_text(yaml.safe_dump(gate))
    # Few records stay: without a status each of them is a purchase.
    mapping = yaml.safe_load((configs / "orders.yaml").read_text())
    del mapping["models"][0]["config"]["meta"]["ready"]["columns"]["status"]
    (configs / "orders.yaml").write_text(yaml.safe_dump(mapping, allow_unicode=True))


def outcome(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What a run ended with, but for what is the run's own."""
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return {key: told[key] for key in ("data_hash", "splits")}
