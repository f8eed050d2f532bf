"""Lines moved between files, overlapping, corrected, withdrawn, refunded: the tables are the oracle's.

And those of a full rebuild.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from against_oracle import assert_orders_equal_oracle, assert_tables_hold
from hypothesis import HealthCheck, Phase, assume, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from oracle_lines import features_of, labels_of, orders_of, read_lines, standing_lines
from random_lines import DEFINITIONS, LineDrawn, lines, write_configs, write_file
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

FILES = ("a.csv", "b.csv", "c.csv")
TABLES = (
    "stg.orders_parsed",
    "stg.orders_rejected",
    "stg.order_lines",
    "stg.orders",
    "feats.feature_times",
    "feats.customer_features",
    "feats.customer_labels",
    "feats.customer_training_set",
    "meta.dataset_splits",
    "meta.table_contents",
)


class Deliveries(RuleBasedStateMachine):
    """Each step changes which lines are in which files; then the tables are compared."""

    name: str
    folders: Iterator[Path]
    server: ConnectionParams

    def __init__(self) -> None:
        super().__init__()
        self.folder = next(self.folders)
        self._database = new_database(self.server)
        self.warehouse = Warehouse(self.folder, self._database.__enter__())
        self.definition = DEFINITIONS[self.name]
        self.of_line = self.name == "line_id"
        self.data, self.active = self.folder / "data", self.folder / "active"
        self.data.mkdir()
        self.active.mkdir()
        self.held: dict[str, list[LineDrawn]] = {}
        self.deliveries = 0
        write_configs(
            self.folder / "configs", self.definition, identity=self.name, status_of_line=self.of_line
        )

    def _drawn(self, data: st.DataObject) -> list[LineDrawn]:
        return data.draw(lines(repeated=not self.of_line))

    @initialize(data=st.data())
    def first_files(self, data: st.DataObject) -> None:
        drawn = [self._drawn(data) for _ in FILES[:2]]
        assume(drawn[0] != drawn[1])  # hypothesis begins with the least: the same file twice
        for file, held in zip(FILES, drawn, strict=False):
            self._put(file, held)
        self._run_and_compare()

    @rule(file=st.sampled_from(FILES), data=st.data())
    def deliver(self, file: str, data: st.DataObject) -> None:
        """A file of a new name, or other lines under a known one."""
        self._put(file, self._drawn(data))
        self._run_and_compare()

    @rule(moved=st.permutations(FILES), data=st.data())
    def move_and_overlap(self, moved: list[str], data: st.DataObject) -> None:
        """Lines of one file stand in another from now on, and some of a third in both."""
        source, target, third = (self.held.get(file, []) for file in moved)
        cut = data.draw(st.integers(0, len(source)))
        self._put(moved[0], source[:cut])
        self._put(moved[1], self._without_copies([*target, *source[cut:], *third[: len(third) // 2]]))
        self._run_and_compare()

    @rule(file=st.sampled_from(FILES[:2]))
    def withdraw(self, file: str) -> None:
        """A file of the name that has no line in it."""
        self._put(file, [])
        self._run_and_compare()

    def teardown(self) -> None:
        try:
            if self.deliveries:
                self._compare_with_full_rebuild()
        finally:
            self._database.__exit__(None, None, None)

    def _without_copies(self, drawn: list[LineDrawn]) -> list[LineDrawn]:
        """With line_id a file has each line once."""
        once = {(line.order, line.line): line for line in drawn}
        return list(once.values()) if self.of_line else drawn

    def _put(self, file: str, drawn: list[LineDrawn]) -> None:
        """`active` holds the active files in the order of their delivery."""
        self.deliveries += 1
        self.held[file] = drawn
        write_file(self.data / file, drawn, delivery=self.deliveries)
        for old in self.active.glob(f"*_{file}"):
            old.unlink()

    def _deliver(self) -> None:
        """The files that have changed are loaded in the order of their names."""
        for path in sorted(self.data.glob("*.csv")):
            if not list(self.active.glob(f"*_{path.name}")):
                self.deliveries += 1
                shutil.copy(path, self.active / f"{self.deliveries:04}_{path.name}")

    def _run_and_compare(self) -> None:
        self._deliver()
        done = self.warehouse.ready("run", "--data", self.data, "--configs", self.folder / "configs")
        assert done.returncode == 0, done.stdout + done.stderr
        found = standing_lines(read_lines(self.active), self.name, status_of_line=self.of_line)
        orders = orders_of(found)
        features = features_of(found, orders, self.definition)
        labels = labels_of(found, orders, features, self.definition)
        with closing(self.warehouse.database.connect()) as connection:
            assert_orders_equal_oracle(connection, orders)
            assert_tables_hold(connection, orders, features, labels, self.definition)
        assert self.warehouse.value("select count(*) from stg.order_lines") == len(found)

    def _compare_with_full_rebuild(self) -> None:
        kept = self._contents()
        (generation,) = self.warehouse.rows("select count(distinct generation) from meta.table_states")[0]
        assert generation == 1
        rebuilt = self.warehouse.ready(
            "dbt", "build", "--full-refresh", "--exclude-resource-type", "unit_test",
            READY_CONFIGS=self.folder / "configs",
        )  # fmt: skip
        assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
        assert self._contents() == kept

    def _contents(self) -> dict[str, Any]:
        """Customers have other keys after a full rebuild."""
        purchases = "select (to_jsonb(row) - 'customer_key')::text from stg.customer_purchases row order by 1"
        return {"stg.customer_purchases": self.warehouse.rows(purchases)} | {
            table: self.warehouse.rows(f"select row_text::text from {table} as row_text order by 1")
            for table in TABLES
        }


@pytest.mark.parametrize(
    ("name", "number", "steps"),
    [
        # test_order_lines.py delivers twice.
        pytest.param("sum", 16, 3, marks=pytest.mark.thorough),
        pytest.param("line_id", 6, 3, marks=pytest.mark.thorough),
    ],
)
def test_wherever_lines_stand_the_tables_are_those_of_a_full_rebuild(
    name: str, number: int, steps: int, server: ConnectionParams, tmp_path: Path
) -> None:
    """By number, so that each has other steps, and together all."""
    numbered = (tmp_path / str(n) for n in range(1000))

    class Machine(Deliveries):
        folders = _made(numbered)

    Machine.name, Machine.server = name, server
    run_state_machine_as_test(
        seed(number)(Machine),
        settings=settings(
            max_examples=1,  # a run of dbt takes seconds; each delivery has about a hundred lines
            stateful_step_count=steps,  # the first files are one
            phases=[Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _made(folders: Iterator[Path]) -> Iterator[Path]:
    for folder in folders:
        folder.mkdir()
        yield folder
