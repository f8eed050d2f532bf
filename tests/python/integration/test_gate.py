"""The gate on a running warehouse: each fault's exact text, and tables that keep their bytes."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel"
Fault = Callable[[list[str]], list[str]]
# The seed is the project's own data, and dbt writes it anew in every build.
USER_TABLES = """
select format('%I.%I', schemaname, tablename) from pg_tables
where schemaname in ('stg', 'feats') and tablename not in ('orders_parsed', 'order_statuses')
or schemaname = 'meta' and tablename in ('dataset_splits', 'dataset_split_summary', 'feature_registry')
order by 1
"""


def orders() -> list[str]:
    """Sixty orders of ten customers over a year, without a fault; number n stands in line n + 2."""
    return [
        f"A{n},C{n % 10},2025-{n % 12 + 1:02}-{n % 28 + 1:02}T10:00:00Z,{n}.50,EUR,completed,web"
        for n in range(60)
    ]


def swap(number: int, old: str, new: str) -> Fault:
    """The fault of one order."""
    return lambda rows: [row.replace(old, new) if n == number else row for n, row in enumerate(rows)]


def without(*columns: str) -> Fault:
    """A file that lacks columns, header and all."""
    kept = [n for n, column in enumerate(HEADER.split(",")) if column not in columns]
    return lambda rows: [",".join(row.split(",")[n] for n in kept) for row in [HEADER, *rows]]


class Shop(Warehouse):
    """A warehouse built from one good file, and the folder that its files come from."""

    def deliver(self, rows: list[str], name: str = "orders.csv") -> None:
        lines = (
            rows if rows[0].startswith("order_id,") or rows[0].startswith("customer_id,") else [HEADER, *rows]
        )
        (self.folder / "data" / name).write_text("\n".join(lines) + "\n")

    def attempt(self, **env: str | Path) -> subprocess.CompletedProcess[str]:
        return self.ready("run", "--data", self.folder / "data", **env)

    def tables(self) -> dict[str, tuple[Any, ...]]:
        """Each table that users read: its file, and a hash of its rows with where they are stored."""
        return self.bytes_of([name for (name,) in self.rows(USER_TABLES)])


@pytest.fixture(scope="module")
def shop(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with new_database(server) as database:
        shop = Shop(tmp_path_factory.mktemp("shop"), database)
        (shop.folder / "data").mkdir()
        shop.deliver(orders())
        done = shop.attempt()
        assert done.returncode == 0, done.stdout + done.stderr
        yield shop


def together(*faults: Fault) -> Fault:
    return lambda rows: functools.reduce(lambda so_far, fault: fault(so_far), faults, rows)


def again(number: int, copies: int) -> Fault:
    """An order several times more, at the end of the file."""
    return lambda rows: [*rows, *[rows[number]] * copies]


FAULTS: dict[str, tuple[Fault, list[str]]] = {
    "a fault of each kind": (
        together(
            # The contract's example.
            *(swap(9, "2025-10-10T", "2025-02-30T"), swap(5, "5.50", "-5.50"), again(19, copies=1)),
            # Nulls, words, values outside their sets and three copies.
            *(swap(3, "C3", ""), swap(4, "A4,", ","), swap(7, "7.50", "seven"), swap(8, "8.50", "NULL")),
            *(swap(2, "EUR", "USD"), swap(8, "completed", "lost"), again(0, copies=2)),
        ),
        [
            "order_id has 1 null(s)",
            "order_id has 3 duplicate(s)",
            "customer_id has 1 null(s)",
            "amount has 1 null(s)",
            "amount has 1 non-numeric value(s)",
            "amount has 1 < 0",
            "order_ts has 1 invalid timestamp(s)",
            "currency has 1 invalid value(s)",
            "status has 1 invalid value(s)",
        ],
    ),
    "missing columns, one whose nulls are in no set": (
        without("amount", "currency"),
        ["Missing column: amount", "Missing column: currency"],
    ),
}


@pytest.mark.parametrize(("fault", "errors"), FAULTS.values(), ids=FAULTS)
def test_each_fault_stops_the_run_with_its_text_and_leaves_the_tables_alone(
    shop: Shop, fault: Fault, errors: list[str]
) -> None:
    before = shop.tables()
    shop.deliver(fault(orders()))
    done = shop.attempt()
    assert (done.returncode, shop.report["errors"]) == (1, errors)
    assert all(f"error: {text}" in done.stdout for text in errors)
    assert "Traceback" not in done.stderr
    assert shop.tables() == before
    assert len(before) >= 8


def test_samples_lead_to_the_lines_at_fault_of_a_file_among_good_ones(shop: Shop) -> None:
    before = shop.tables()
    shop.deliver(swap(40, "40.50", "-40.50")(swap(41, "41.50", "-41.50")(orders())))
    shop.deliver([f"B{row[1:]}" for row in orders()], "more.csv")
    shop.deliver(["Z1,C1,someday,1,EUR,completed,web"], "last.csv")
    done = shop.attempt(GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=shop.folder / "summary.md")
    assert done.returncode == 1
    assert shop.report["errors"] == ["amount has 2 < 0", "order_ts has 1 invalid timestamp(s)"]
    check = next(check for check in shop.report["checks"] if check["failures"])
    assert check["rule"] == "dbt_expectations.expect_column_values_to_be_between(min_value=0)"
    assert (check["status"], check["failures"], check["rows_checked"]) == ("fail", 2, 121)
    assert check["sample"] == [
        {"file": "orders.csv", "line": 42, "value": "-40.50"},
        {"file": "orders.csv", "line": 43, "value": "-41.50"},
    ]
    assert "orders.csv:42: -40.50" in done.stdout
    assert f"::error file={shop.folder}/data/orders.csv,line=42::amount has 2 < 0\n" in done.stdout
    assert "❌ Gate failed" in (shop.folder / "summary.md").read_text()
    assert shop.report["checks"][-1]["rows_checked"] == 121
    assert shop.tables() == before


def test_the_mended_file_takes_the_old_one_s_place(shop: Shop) -> None:
    shop.deliver(orders())
    shop.deliver([f"B{row[1:]}" for row in orders()], "more.csv")
    shop.deliver(["Z1,C1,2025-12-31T00:00:00Z,1,EUR,completed,web"], "last.csv")
    before = shop.tables()
    done = shop.attempt()
    assert done.returncode == 0, done.stdout + done.stderr
    report = shop.report
    assert (report["validation_passed"], report["errors"]) == (True, [])
    assert shop.tables() != before


def test_validate_runs_the_gate_alone(shop: Shop) -> None:
    shop.deliver(orders())
    assert shop.ready("load", shop.folder / "data").returncode == 0
    before = shop.tables()
    done = shop.ready("validate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Gate passed" in done.stdout
    assert shop.tables() == before
    html = (shop.folder / "artifacts/reports/validation_report.html").read_text()
    assert html.count("<rect") > len(shop.report["checks"])  # each check has a history of runs


def test_the_report_never_belongs_to_an_older_run(shop: Shop) -> None:
    older = shop.report["run"]["invocation_id"]
    missing = shop.ready("run", "--data", shop.folder / "nowhere")
    assert missing.returncode != 0
    report = shop.report
    assert report["run"]["invocation_id"] != older
    assert report["errors"][0].startswith("the run failed before the gate: ")
