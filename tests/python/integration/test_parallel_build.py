"""Features and labels of many customers are built on several cores, by the SQL that one core would run."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PROJECT
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

PARTS = 2
"""One for each thousand customers, of whom there are 1,097."""
CREATED_IN_PARTS = """
{%- set purchases = ref('customer_purchases') -%}
{%- if execute -%}
{{ create_table_in_parts(
    api.Relation.create(schema='stg', identifier='keys', type='table'),
    'select customer_key from (select customer_key, 1 as part from ' ~ purchases ~ ') as purchases where '
    ~ is_in_this_part('customer_key')
) }}
{%- endif -%}
"""


@pytest.fixture(scope="module")
def warehouse(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("many customers")
    generate = [sys.executable, str(PROJECT / "scripts" / "generate_orders.py"), "--rows", "24000"]
    (folder / "data").mkdir()
    subprocess.run([*generate, "--out", str(folder / "data" / "orders.csv")], check=True)
    with new_database(server) as database:
        # Two workers also where the machine has one core.
        built = Warehouse(folder, database)
        built.execute(f"alter database {database.dbname} set max_parallel_workers_per_gather = 2")
        built.run("--data", folder / "data")
        yield built


@pytest.mark.parametrize("model", ["customer_features", "customer_labels"])
def test_the_table_has_the_rows_of_the_models_own_sql(warehouse: Warehouse, model: str) -> None:
    (compiled,) = Path(warehouse.folder / "home").rglob(f"compiled/**/features/{model}.sql")
    # Of published tables a model reads candidates, which have taken over since.
    rows = f"({compiled.read_text().replace('__candidate', '')})"
    table = f"(select * from feats.{model})"
    for ours, theirs in [(rows, table), (table, rows)]:
        assert warehouse.value(f"select count(*) from ({ours} except all {theirs}) as differing") == 0
    assert warehouse.value(f"select count(*) from feats.{model}") > 0


def test_nothing_is_left_of_its_parts(warehouse: Warehouse) -> None:
    left = "select proname from pg_proc where proname like '%rows\\_of\\_part' union all "
    assert warehouse.rows(f"{left} select relname from pg_class where relname like '%row\\_type'") == []


def test_postgresql_runs_the_parts_beside_each_other(warehouse: Warehouse) -> None:
    statements = compiled_inline(warehouse)
    made, select = re.fullmatch(
        r"(.*)create\s+table \S+\s+as\s*\((.*)\)\s*;?\s*", statements, re.DOTALL
    ).groups()
    with contextlib.closing(warehouse.database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(made)
        cursor.execute(f"explain {select}")
        plan = [line.strip(" ->").split("  ")[0] for (line,) in cursor.fetchall()]
        cursor.execute(select)
        keys = [key for (key,) in cursor.fetchall()]
    assert plan[2] == "Parallel Append"
    assert sum(line.startswith("Function Scan") for line in plan) == PARTS
    assert sorted(keys) == [
        key for (key,) in warehouse.rows("select customer_key from stg.customer_purchases order by 1")
    ]


def test_one_process_is_enough_where_the_server_runs_nothing_in_parallel(warehouse: Warehouse) -> None:
    warehouse.execute(f"alter database {warehouse.database.dbname} set max_parallel_workers_per_gather = 0")
    assert "rows_of_part" not in compiled_inline(warehouse)


def compiled_inline(warehouse: Warehouse) -> str:
    done = warehouse.ready("dbt", "--quiet", "compile", "--inline", CREATED_IN_PARTS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
