"""Readers of feats over several statements: each sees one build, whole, whatever is published meanwhile."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT
from proof_case import Shop
from warehouse import new_database

import ready
from ready.database.query import connected
from ready.dataset.export import export_dataset
from ready.postgres.backup import Programs, backup
from ready.postgres.connection import ConnectionParams
from ready.postgres.roles import BUILDER

TABLES = ("feats.customer_training_set", "feats.customer_features")
LOCK = re.search(
    r"do \$lock\$.*?\$lock\$;", (PROJECT / "macros/incremental/lock_published.sql").read_text(), re.DOTALL
)
# The next build: each revenue one more than before.
CANDIDATE = """
create table {0}__candidate as select * from {0};
update {0}__candidate set revenue_total = revenue_total + 1;
"""
RECORD = """
insert into meta.feature_registry
select (jsonb_populate_record(registry, jsonb_build_object('data_hash', md5(data_hash)))).*
from meta.feature_registry as registry
where data_hash in (select data_hash from meta.current_versions);
update meta.current_versions set data_hash = md5(data_hash)
"""
SUM = "select count(*), sum(revenue_total) from "
LOCKED_FIRST = f"lock table {', '.join(TABLES)} in access share mode"
Seen = tuple[int, Decimal]


@pytest.fixture(scope="module")
def shop(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with new_database(server, template=built_shop.database) as database:
        yield built_shop.copy(tmp_path_factory.mktemp("readers") / "shop", database)


@pytest.fixture(autouse=True)
def environment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in shop.environ.items():
        monkeypatch.setenv(name, value)


@contextlib.contextmanager
def session(shop: Shop, isolation: str = "read committed") -> Iterator[Callable[[str], list[Any]]]:
    with contextlib.closing(shop.database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"set transaction isolation level {isolation}")

        def run(statement: str) -> list[Any]:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

        yield run
        connection.commit()


def publish(shop: Shop) -> None:
    """As macros/publish does where tables take over by their names."""
    assert LOCK
    builder = replace(shop, database=replace(shop.database, role=BUILDER))
    candidates = [f"{table}__candidate" for table in TABLES]
    builder.execute("".join(map(CANDIDATE.format, TABLES)))
    locks = f"lock table {', '.join([*candidates, *TABLES])} in access exclusive mode"
    lock = LOCK[0].replace("{{ statements }}", locks)
    take_over = "".join(
        f"drop table {table} cascade; alter table {table}__candidate rename to {table.partition('.')[2]};"
        for table in TABLES
    )
    builder.execute(f"{lock} {take_over} {RECORD}")


def by_two_statements(shop: Shop, isolation: str) -> list[Seen]:
    with session(shop, isolation) as run:
        run(LOCKED_FIRST)
        return [run(SUM + table)[0] for table in TABLES]


def by_one_statement(shop: Shop) -> list[Seen]:
    with session(shop) as run:
        columns = [
            f"(select {name} from {table})" for table in TABLES for name in ("count(*)", "sum(revenue_total)")
        ]
        ((first, one, second, other),) = run(f"select {', '.join(columns)}")
        return [(first, one), (second, other)]


def of_splits(table: Any) -> list[Seen]:
    revenue = table["revenue_total"].to_pylist()
    return [(len(revenue), sum(revenue))]


def by_export(shop: Shop) -> list[Seen]:
    import pyarrow.parquet

    with connected(shop.settings) as connection:
        folder = export_dataset(connection, settings=shop.settings, exact=True).folder
    read = [
        pyarrow.parquet.ParquetFile(folder / f"{name}.parquet").read() for name in ("train", "val", "test")
    ]
    return of_splits(pyarrow.concat_tables(read))


def by_backup(shop: Shop) -> list[Seen]:
    programs = Programs(shop.database, shop.database.env(), own_server=True)
    file = shop.folder / "of_readers.dump"
    backup(programs, file)
    found = []
    for table in TABLES:
        schema, name = table.split(".")
        text = programs.run(
            "pg_restore", "--data-only", "--file=-", f"--schema={schema}", f"--table={name}", str(file)
        )
        head, _, rows = text.partition("FROM stdin;\n")
        place = re.findall(r"\w+", head.rpartition("(")[2]).index("revenue_total")
        values = [Decimal(row.split("\t")[place]) for row in rows.partition("\n\\.")[0].splitlines()]
        found.append((len(values), sum(values, Decimal(0))))
    return found


READERS: dict[str, Callable[[Shop], list[Seen]]] = {
    "one statement": by_one_statement,
    "read committed": lambda shop: by_two_statements(shop, "read committed"),
    "repeatable read": lambda shop: by_two_statements(shop, "repeatable read"),
    "load_dataset": lambda shop: of_splits(ready.load_dataset(exact=True).table),
    "export": by_export,
    "backup": by_backup,
}


@pytest.mark.parametrize("publishes", [8, pytest.param(20, marks=pytest.mark.thorough)])
def test_over_many_publishes(shop: Shop, publishes: int) -> None:
    first = {name: read(shop) for name, read in READERS.items()}
    seen: dict[str, list[list[Seen]]] = {name: [] for name in READERS}
    failures: list[str] = []
    over = threading.Event()

    def read_on(name: str) -> None:
        while not over.is_set():
            try:
                seen[name].append(READERS[name](shop))
            except Exception as error:
                failures.append(f"{name}: {error!r}")

    threads = [threading.Thread(target=read_on, args=[name]) for name in READERS]
    for thread in threads:
        thread.start()
    published = 0
    try:
        while not failures and (published < publishes or min(map(len, seen.values())) < 2):
            publish(shop)
            published += 1
            time.sleep(0.05)
    finally:
        over.set()
        for thread in threads:
            thread.join()

    assert failures == []
    for name, found in seen.items():
        assert builds_of(found, first[name]) <= set(range(published + 1)), name
        assert len(set(map(tuple, found))) > 1, name


def builds_of(found: list[list[Seen]], first: list[Seen]) -> set[Any]:
    """By how much each revenue has grown since the first build, the same in all tables that were read."""
    builds: set[Any] = set()
    for tables in found:
        assert [rows for rows, _ in tables] == [rows for rows, _ in first]
        (build,) = {(now - then) / rows for (rows, now), (_, then) in zip(tables, first, strict=True)}
        builds.add(build)
    return builds


def test_without_a_lock_a_snapshot_from_before_a_publish_sees_nothing(shop: Shop) -> None:
    """Which is why: see docs/configuration.md, "Publishing"."""
    with session(shop, "repeatable read") as run:
        run("select 1")
        publish(shop)
        assert run(SUM + TABLES[0]) == [(0, None)]


@pytest.mark.parametrize("order", [TABLES, TABLES[::-1]])
def test_who_reads_one_table_after_the_other_is_no_deadlock(order: tuple[str, str], shop: Shop) -> None:
    publisher = threading.Thread(target=publish, args=[shop])
    with session(shop) as run:
        (before,) = run(SUM + order[0])
        publisher.start()
        time.sleep(0.3)  # it waits for this one by now
        assert run(SUM + order[0]) == [before]
        run(SUM + order[1])
        assert publisher.is_alive()
    publisher.join()
    assert shop.rows(SUM + order[0]) == [(before[0], before[1] + before[0])]


def test_a_backup_leaves_out_the_tables_of_a_check(shop: Shop) -> None:
    shop.execute("create schema leak_0123abcd_stg; create table leak_0123abcd_stg.orders ()")
    programs = Programs(shop.database, shop.database.env(), own_server=True)
    file = Path(shop.folder / "without.dump")
    backup(programs, file)
    assert "leak_" not in programs.run("pg_restore", "--list", str(file))
