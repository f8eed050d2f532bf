"""Whatever sequence of deliveries, corrections and withdrawals: the tables are those of a full rebuild."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import oracle_orders
import pytest
import yaml
from against_oracle import assert_orders_equal_oracle, assert_tables_equal_oracle
from conftest import PROJECT
from hypothesis import HealthCheck, Phase, assume, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from oracle_orders import RawOrder, Row, Source, read_orders, read_states
from proof_case import Shop
from random_orders import (
    DEFINITIONS,
    HEADER,
    SOURCE,
    TRACKED,
    TRACKED_SOURCE,
    Record,
    customer_id,
    draw,
    histories,
    write_configs,
    write_file,
)
from source_case import COLUMNS, lay_out_members, lay_out_visits, write_members, write_visits
from warehouse import Warehouse, new_database

from loader import ensure_raw_schema
from ready.postgres.connection import ConnectionParams
from ready.proof.recorded_project import Code

CUSTOMERS = 30
FILES = ("a.csv", "b.csv", "c.csv")
# Words and marks of the incremental SQL, as names of columns and within a text.
NAMES = (
    "since",
    "touched_orders",
    "changed_loads",
    "changed",
    "removed",
    "kept",
    "held",
    "anew",
    "row_id",
    "orders_due",
    "customers_due",
    "totals_before",
    "purchases",
    "versions",
    "due",
    "all_rows",
)
MARKS = (
    "/*changed where false changed*/ (changed_loads)",
    "/*full*/ x /*full end*/",
    "customer_features__candidate",
    "$publish$ -- __removed",
)
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
OF_SOURCES = (
    "stg.visits_parsed",
    "stg.visits_rejected",
    "stg.visits",
    "stg.members_parsed",
    "stg.members_rejected",
    "stg.members",
    "feats.visits_features",
    "feats.members_features",
    "feats.all_features",
)
ALL_FEATURES = "{{ joined_features(['customer_features', 'visits_features', 'members_features']) }}\n"
# Members without dates are known since their load: all at work now would be later than every row of features.
LOADED_IN_THEIR_TIME = """
create function raw.loaded_in_their_time() returns trigger language plpgsql as $$
begin
    new.loaded_at := timestamptz '2023-12-20' + new.load_id * interval '5 days';
    return new;
end $$;
create trigger loaded_in_their_time before insert on raw.loads
for each row when (new.source = 'members') execute function raw.loaded_in_their_time()
"""


class Deliveries(RuleBasedStateMachine):
    """Files come, are corrected, rotated and withdrawn, and statuses change their meaning.

    After each step the tables are what the oracle has. Beside the orders come visits and members. named: each
    visit has an id; dated: each state of a member has its time.
    """

    name: str
    named: bool
    dated: bool
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
        self.project = self.folder / "project"
        Code(PROJECT, None).lay_out(self.project)
        self.purchases = frozenset(oracle_orders.PURCHASE_STATUSES)
        write_configs(self.folder / "configs", self.definition, tracked=self.name in TRACKED)
        self._add_sources()

    @initialize(data=st.data())
    def first_files(self, data: st.DataObject) -> None:
        chance = Random(data.draw(st.integers(0, 2**32)))
        self._add_columns(chance)
        for file in ("visits/a.csv", "visits/b.csv", "members/a.csv"):
            self._put_beside(file, chance)
        drawn = [self._drawn(data) for _ in FILES[:2]]
        assume(drawn[0] != drawn[1])  # hypothesis begins with the least: the same file twice
        for file, customers in zip(FILES, drawn, strict=False):
            self._put(file, customers)
        self._run_and_compare()
        self.first_builds = self._builds_of_sources()

    @rule(file=st.sampled_from(FILES), data=st.data())
    def deliver(self, file: str, data: st.DataObject) -> None:
        """A file of a new name, or another content under a known one."""
        self._put(file, self._drawn(data))
        self._deliver_beside(data)
        self._run_and_compare()

    @rule(file=st.sampled_from(FILES), data=st.data())
    def deliver_in_vain(self, file: str, data: st.DataObject) -> None:
        """A file that the gate stops; then one that it lets pass."""
        with (self._put(file, self._drawn(data))).open("a", encoding="utf-8") as lines:
            lines.write(",nobody" + "," * (len(HEADER) - 2) + "\n")  # an order without its id
        self._deliver_beside(data)
        stopped = self._run()
        assert stopped.returncode == 1, stopped.stdout + stopped.stderr
        self._put(file, self._drawn(data))
        self._run_and_compare()

    @rule(file=st.sampled_from(FILES[:2]), data=st.data())
    def rotate(self, file: str, data: st.DataObject) -> None:
        """The file goes on under another name, and a new one has its own; an expression reads the names."""
        name = f"{Path(file).stem}_{self.deliveries}.csv"
        (self.data / file).rename(self.data / name)
        (held,) = self.active.glob(f"*_{file}")
        held.rename(held.with_name(f"{held.name.partition('_')[0]}_{name}"))
        self._put(file, self._drawn(data))
        self._deliver_beside(data)
        self._run_and_compare()

    @rule(file=st.sampled_from(FILES), status=st.sampled_from(["returned", "shipped"]), data=st.data())
    def count_otherwise(self, file: str, status: str, data: st.DataObject) -> None:
        """A status becomes a purchase or ceases to be one, and a file comes."""
        counted = oracle_orders.PURCHASE_STATUSES ^ {status}
        statuses = self.project / "seeds/order_statuses.csv"
        before, now = (
            f"{status},{str(status in held).lower()}" for held in (oracle_orders.PURCHASE_STATUSES, counted)
        )
        assert before in statuses.read_text()
        statuses.write_text(statuses.read_text().replace(before, now))
        oracle_orders.PURCHASE_STATUSES = counted
        self._put(file, self._drawn(data))
        self._deliver_beside(data)
        self._run_and_compare()

    @rule(file=st.sampled_from(FILES[:2]), data=st.data())
    def withdraw(self, file: str, data: st.DataObject) -> None:
        """A file of the name that has no order in it."""
        self._put(file, [])
        self._deliver_beside(data)
        self._run_and_compare()

    @rule(data=st.data())
    def deliver_beside(self, data: st.DataObject) -> None:
        """Visits and members alone; the orders stay."""
        self._deliver_beside(data)
        self._deliver_beside(data)
        self._run_and_compare()

    def teardown(self) -> None:
        try:
            if self.deliveries:
                self._compare_with_full_rebuild()
        finally:
            oracle_orders.PURCHASE_STATUSES = set(self.purchases)
            self._database.__exit__(None, None, None)

    def _add_columns(self, chance: Random) -> None:
        """A text that features read, and a number, under such names; a mark in a text; file and line."""
        text, number = chance.sample(NAMES, 2)
        mark = chance.choice(MARKS)
        orders = self.folder / "configs/orders.yaml"
        mapping = yaml.safe_load(orders.read_text())
        mapping["models"][0]["config"]["meta"]["ready"]["columns"] |= {
            text: "Country",
            number: {"column": "qty", "type": "number"},
            "note": {"expression": f"line_number || ' {mark}'"},
            "origin": {"expression": "file_name || ':' || line_number"},
        }
        orders.write_text(yaml.safe_dump(mapping))
        kinds = {"kinds": f"count_distinct of {text}", "usual": f"mode of {text}"}
        self.definition = replace(self.definition, aggregations={**self.definition.aggregations, **kinds})
        features = self.folder / "configs/features.yaml"
        defined = yaml.safe_load(features.read_text())
        defined["models"][0]["config"]["meta"]["ready"]["aggregations"] |= kinds
        features.write_text(yaml.safe_dump(defined))
        source = TRACKED_SOURCE if self.name in TRACKED else SOURCE

        def canonical(row: Row, file_name: str, line_number: int) -> RawOrder:
            held = source.canonical(row, file_name, line_number)
            origin = f"{file_name.partition('_')[2]}:{line_number}"
            own = {
                text: row["Country"],
                number: row["qty"],
                "note": f"{line_number} {mark}",
                "origin": origin,
            }
            return replace(held, extras={**held.extras, **own})

        self.source: Source = replace(source, canonical=canonical, numbers=source.numbers | {number})

    def _add_sources(self) -> None:
        shop, configs = Shop(self.folder, self.warehouse.database), self.folder / "configs"
        hidden = () if self.named else ("event_id", "available_at")
        columns = {name: entry for name, entry in COLUMNS.items() if name not in hidden}
        lay_out_visits(shop, columns=columns, configs=configs, max_shrink="100%")
        lay_out_members(shop, dated=self.dated, configs=configs, max_shrink="100%")
        (self.project / "models/features/all_features.sql").write_text(ALL_FEATURES)
        with closing(self.warehouse.database.connect()) as connection:
            ensure_raw_schema(connection)
        self.warehouse.execute(LOADED_IN_THEIR_TIME)

    def _deliver_beside(self, data: st.DataObject) -> None:
        """A file of visits or members comes, is replaced, renamed, emptied, or removed and stays loaded."""
        chance = Random(data.draw(st.integers(0, 2**32)))
        for source in chance.choice([("visits",), ("members",), ("visits", "members")]):
            file = f"{source}/{chance.choice('abc')}.csv"
            path, act = self.data / file, chance.choice(["put", "put", "rename", "empty", "remove"])
            if act == "rename" and path.exists():
                path.rename(path.with_name(f"{path.stem}_{chance.randrange(10**6)}.csv"))
            elif act == "remove" and path.exists():
                path.unlink()
            else:
                self._put_beside(file, chance, few=chance.random() < 0.5, empty=act == "empty")

    def _put_beside(self, file: str, chance: Random, *, few: bool = False, empty: bool = False) -> None:
        """Few: of few customers, ids that came before among them, so that a visit becomes another's."""
        everybody = [customer_id(n) for n in range(CUSTOMERS + 3)]
        customers = chance.sample(everybody, 4) if few else everybody
        path, seed = self.data / file, chance.randrange(2**32)
        if file.startswith("visits"):
            start = chance.randrange(200)
            ids = range(start, start + (0 if empty else 12 if few else 150))
            write_visits(path, seed=seed, customers=customers, ids=ids, with_ids=self.named)
        else:
            write_members(path, seed=seed, customers=customers, rows=0 if empty else 8 if few else 90)

    def _builds_of_sources(self) -> list[tuple[str]]:
        """The runs that built visits and members in full last."""
        sources = "relation in ('stg.visits', 'stg.members')"
        return self.warehouse.rows(f"select generation from meta.table_states where {sources} order by 1")

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
        return self.warehouse.ready(
            "run", "--data", self.data, "--configs", self.folder / "configs", READY_PROJECT_DIR=self.project
        )

    def _run_and_compare(self) -> None:
        done = self._run()
        assert done.returncode == 0, done.stdout + done.stderr
        orders = read_orders(self.active, self.source)
        states = read_states(self.active, self.source) if self.name in TRACKED else None
        with closing(self.warehouse.database.connect()) as connection:
            assert_orders_equal_oracle(connection, orders)
            assert_tables_equal_oracle(connection, orders, self.definition, states=states)

    def _compare_with_full_rebuild(self) -> None:
        kept = contents(self.warehouse, TABLES + OF_SOURCES)
        of_orders = "relation !~ 'visits|members'"
        generations = f"select count(distinct generation) from meta.table_states where {of_orders}"
        assert self.warehouse.value(generations) == 1
        assert self._builds_of_sources() == self.first_builds
        rebuilt = self.warehouse.ready(
            "dbt", "build", "--full-refresh", "--exclude-resource-type", "unit_test",
            READY_CONFIGS=self.folder / "configs", READY_PROJECT_DIR=self.project,
        )  # fmt: skip
        assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
        assert contents(self.warehouse, TABLES + OF_SOURCES) == kept


def contents(warehouse: Warehouse, tables: tuple[str, ...] = TABLES) -> dict[str, Any]:
    """Customers have other keys after a full rebuild."""
    purchases = "select (to_jsonb(row) - 'customer_key')::text from stg.customer_purchases row order by 1"
    versions = "select feature_set, feature_version, data_hash from meta.current_versions order by 1"
    return {"stg.customer_purchases": warehouse.rows(purchases), "versions": warehouse.rows(versions)} | {
        table: warehouse.rows(f"select row_text::text from {table} as row_text order by 1")
        for table in tables
    }


@pytest.mark.parametrize(
    ("name", "number", "steps", "named", "dated"),
    [
        ("every_aggregation", 7, 2, True, False),
        pytest.param("every_aggregation", 7, 5, False, True, marks=pytest.mark.thorough),
        pytest.param("order_by_date", 10, 4, True, True, marks=pytest.mark.thorough),
        pytest.param("states_by_week", 9, 4, False, False, marks=pytest.mark.thorough),
        pytest.param("month", 3, 12, True, False, marks=pytest.mark.thorough),
    ],
)
def test_any_sequence_of_deliveries_gives_the_tables_of_a_full_rebuild(
    name: str,
    number: int,
    steps: int,
    named: bool,
    dated: bool,
    server: ConnectionParams,
    tmp_path: Path,
) -> None:
    """By number, so that each has other steps, and together all."""
    numbered = (tmp_path / str(n) for n in range(1000))

    class Machine(Deliveries):
        folders = _made(numbered)

    Machine.name, Machine.server, Machine.named, Machine.dated = name, server, named, dated
    Machine.pool = draw(histories(DEFINITIONS[name]), number=4 * CUSTOMERS)
    run_state_machine_as_test(
        seed(number)(Machine),
        settings=settings(
            max_examples=1,  # a run of dbt takes seconds; each delivery has tens of customers
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


MAPPING = """
version: 2
models:
  - name: orders_mapped
    config:
      meta:
        ready:
          columns:
            order_id: {expression: "file_name || ':' || line_number"}
            customer_id: customer
            order_ts: day
            amount: amount
            since: since
            touched_orders: {column: touched, type: number}
            note: {expression: '"note" || ''/*changed where false changed*/ (changed_loads) /*full*/'''}
"""


@pytest.mark.thorough  # names that no shop has
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
