"""Whatever sequence of deliveries, corrections and withdrawals: the tables are those of a full rebuild."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from against_oracle import assert_orders_equal_oracle, assert_tables_equal_oracle
from conftest import PROJECT
from hypothesis import HealthCheck, Phase, assume, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from oracle_orders import read_orders, read_states
from random_orders import (
    DEFINITIONS,
    HEADER,
    SOURCE,
    TRACKED,
    TRACKED_SOURCE,
    Record,
    draw,
    histories,
    write_configs,
    write_file,
)
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

CUSTOMERS = 30
FILES = ("a.csv", "b.csv", "c.csv")
TABLES = (
    "stg.orders_parsed",
    "stg.orders_rejected",
    "stg.orders",
    "stg.order_versions",
    "feats.feature_times",
    "feats.customer_features",
    "feats.customer_labels",
    "feats.customer_training_set",
    "meta.dataset_splits",
    "meta.table_contents",
)


class Deliveries(RuleBasedStateMachine):
    """Files come, are corrected and are withdrawn; after each step the tables are what the oracle has."""

    name: str
    folders: Iterator[Path]
    server: ConnectionParams
    pool: list[list[Record]]

    def __init__(self) -> None:
        super().__init__()
        self.folder = next(self.folders)
        self._database = new_database(self.server)
        self.warehouse = Warehouse(self.folder, self._database.__enter__())
        self.definition = DEFINITIONS[self.name]
        self.data, self.active = self.folder / "data", self.folder / "active"
        self.data.mkdir()
        self.active.mkdir()
        self.deliveries = 0
        write_configs(self.folder / "configs", self.definition, tracked=self.name in TRACKED)

    @initialize(data=st.data())
    def first_files(self, data: st.DataObject) -> None:
        drawn = [self._drawn(data) for _ in FILES[:2]]
        assume(drawn[0] != drawn[1])  # hypothesis begins with the least: the same file twice
        for file, customers in zip(FILES, drawn, strict=False):
            self._put(file, customers)
        self._run_and_compare()

    @rule(file=st.sampled_from(FILES), data=st.data())
    def deliver(self, file: str, data: st.DataObject) -> None:
        """A file of a new name, or another content under a known one."""
        self._put(file, self._drawn(data))
        self._run_and_compare()

    @rule(file=st.sampled_from(FILES), data=st.data())
    def deliver_in_vain(self, file: str, data: st.DataObject) -> None:
        """A file that the gate stops; then one that it lets pass."""
        with (self._put(file, self._drawn(data))).open("a", encoding="utf-8") as lines:
            lines.write(",nobody" + "," * (len(HEADER) - 2) + "\n")  # an order without its id
        stopped = self._run()
        assert stopped.returncode == 1, stopped.stdout + stopped.stderr
        self._put(file, self._drawn(data))
        self._run_and_compare()

    @rule(file=st.sampled_from(FILES[:2]))
    def withdraw(self, file: str) -> None:
        """A file of the name that has no order in it."""
        self._put(file, [])
        self._run_and_compare()

    def teardown(self) -> None:
        try:
            if self.deliveries:
                self._compare_with_full_rebuild()
        finally:
            self._database.__exit__(None, None, None)

    def _drawn(self, data: st.DataObject) -> list[list[Record]]:
        """By a number: records drawn one by one exceed what hypothesis gives a test, and it starts anew."""
        chance = Random(data.draw(st.integers(0, 2**32)))
        return chance.sample(self.pool, chance.randint(5, CUSTOMERS))

    def _put(self, file: str, customers: list[list[Record]]) -> Path:
        """Write the file; `active` holds the active ones in the order of their delivery."""
        self.deliveries += 1
        path = self.data / file
        write_file(path, customers)
        with path.open("a", encoding="utf-8") as lines:  # the same bytes would not be loaded again
            lines.write(f"delivery {self.deliveries}" + "," * (len(HEADER) - 1) + "\n")
        for old in self.active.glob(f"*_{file}"):
            old.unlink()
        shutil.copy(path, self.active / f"{self.deliveries:04}_{file}")
        return path

    def _run(self) -> Any:
        return self.warehouse.ready("run", "--data", self.data, "--configs", self.folder / "configs")

    def _run_and_compare(self) -> None:
        done = self._run()
        assert done.returncode == 0, done.stdout + done.stderr
        source = TRACKED_SOURCE if self.name in TRACKED else SOURCE
        orders = read_orders(self.active, source)
        states = read_states(self.active, source) if self.name in TRACKED else None
        with closing(self.warehouse.database.connect()) as connection:
            assert_orders_equal_oracle(connection, orders)
            assert_tables_equal_oracle(connection, orders, self.definition, states=states)

    def _compare_with_full_rebuild(self) -> None:
        kept = contents(self.warehouse)
        (generation,) = self.warehouse.rows("select count(distinct generation) from meta.table_states")[0]
        assert generation == 1
        rebuilt = self.warehouse.ready(
            "dbt", "build", "--full-refresh", "--exclude-resource-type", "unit_test",
            READY_CONFIGS=self.folder / "configs",
        )  # fmt: skip
        assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
        assert contents(self.warehouse) == kept


def contents(warehouse: Warehouse) -> dict[str, Any]:
    """Customers have other keys after a full rebuild."""
    purchases = "select (to_jsonb(row) - 'customer_key')::text from stg.customer_purchases row order by 1"
    return {"stg.customer_purchases": warehouse.rows(purchases)} | {
        table: warehouse.rows(f"select row_text::text from {table} as row_text order by 1")
        for table in TABLES
    }


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("every_aggregation", 7),
        pytest.param("order_by_date", 5, marks=pytest.mark.thorough),
        pytest.param("states_by_week", 2, marks=pytest.mark.thorough),
    ],
)
def test_any_sequence_of_deliveries_gives_the_tables_of_a_full_rebuild(
    name: str, number: int, server: ConnectionParams, tmp_path: Path
) -> None:
    """By number, so that each has other steps, and together all."""
    numbered = (tmp_path / str(n) for n in range(1000))

    class Machine(Deliveries):
        folders = _made(numbered)

    Machine.name, Machine.server = name, server
    Machine.pool = draw(histories(DEFINITIONS[name]), number=4 * CUSTOMERS)
    run_state_machine_as_test(
        seed(number)(Machine),
        settings=settings(
            max_examples=1,  # a run of dbt takes seconds; each delivery has tens of customers
            stateful_step_count=3,  # the first files are one
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _made(folders: Iterator[Path]) -> Iterator[Path]:
    for folder in folders:
        folder.mkdir()
        yield folder


MAPPING = """
version: 2
models:
  - name: orders_mapped
    config:
      meta:
        columns:
          order_id: {expression: "file_name || ':' || line_number"}
          customer_id: customer
          order_ts: day
          amount: amount
          since: since
          touched_orders: {column: touched, type: number}
          note: {expression: '"note" || ''/*changed where false changed*/ (changed_loads) /*full*/'''}
"""


def test_names_and_texts_of_the_products_own_and_rotated_files(
    database: ConnectionParams, tmp_path: Path
) -> None:
    """Columns named like the words of the incremental SQL, its marks in a text, ids made of a file's name."""
    warehouse, data, configs = Warehouse(tmp_path, database), tmp_path / "data", tmp_path / "configs"
    shutil.copytree(PROJECT / "configs", configs)
    (configs / "orders.yaml").write_text(MAPPING)
    (configs / "expectations.yaml").write_text(
        "version: 2\nmodels: [{name: orders_parsed, columns: [{name: order_id, data_tests: [not_null]}]}]\n"
    )
    features = (configs / "features.yaml").read_text()
    own = "years: count_distinct of since\n          touched: sum of touched_orders\n          orders: count"
    features = features.replace("orders: count ", f"{own} ", 1).replace("totals: [", "totals: [touched, ", 1)
    (configs / "features.yaml").write_text(features)
    data.mkdir()
    lines = [f"C{n % 5},2024-0{n % 6 + 1}-1{n % 7},{n},{2000 + n % 3},{n % 4},n{n}\n" for n in range(40)]
    header = "customer,day,amount,since,touched,note\n"
    (data / "orders.csv").write_text(header + "".join(lines[:30]))
    warehouse.run("--data", data, "--configs", configs)
    (data / "orders.csv").rename(data / "orders_1.csv")
    (data / "orders.csv").write_text(header + "".join(lines[30:]))
    warehouse.run("--data", data, "--configs", configs)
    assert warehouse.value("select count(distinct order_id) from stg.orders") == 40
    (built,) = warehouse.rows("select count(distinct generation) from meta.table_states")
    assert built == (1,), "the second build was one of changes"
    kept = contents(warehouse)
    warehouse.run("--data", data, "--configs", configs, "--full-refresh")
    assert contents(warehouse) == kept
