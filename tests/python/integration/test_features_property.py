"""Random orders through the whole way, held against the oracle.

A run of dbt takes seconds, so each run checks hundreds of examples at once: every customer of
the data set is one, drawn by hypothesis.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from against_oracle import assert_orders_equal_oracle, assert_tables_equal_oracle
from conftest import RunReady
from oracle_orders import read_orders, read_states
from random_orders import (
    CUSTOMERS,
    DEFINITIONS,
    SOURCE,
    TRACKED,
    TRACKED_SOURCE,
    draw,
    histories,
    write_configs,
    write_files,
)

from ready.postgres.connection import ConnectionParams

# Of the others each has a part in it or in every_aggregation, of which test_incremental.py has fewer orders.
ALWAYS = {"states_by_order"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.thorough) for name in DEFINITIONS],
)
def test_random_orders_give_what_the_oracle_computes(
    name: str, database: ConnectionParams, run_ready: RunReady, tmp_path: Path
) -> None:
    definition = DEFINITIONS[name]
    data, configs = tmp_path / "data", tmp_path / "configs"
    write_files(data, draw(histories(definition), number=CUSTOMERS))
    write_configs(configs, definition, tracked=name in TRACKED)
    source = TRACKED_SOURCE if name in TRACKED else SOURCE
    orders = read_orders(data, source)
    states = read_states(data, source) if name in TRACKED else None
    run = run_ready("run", "--data", data, "--configs", configs, "--artifacts", tmp_path, database=database)
    assert run.returncode == 0, run.stdout + run.stderr
    with closing(database.connect()) as connection:
        assert_orders_equal_oracle(connection, orders)
        assert_tables_equal_oracle(connection, orders, definition, states=states)
