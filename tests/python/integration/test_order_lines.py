"""Files of order lines, all the way: which lines an order has, and when each counts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT
from warehouse import Warehouse

from ready.postgres.connection import ConnectionParams

D = Decimal
LINES = ("order_id", "line", "customer_id", "order_ts", "amount", "status", "category")
COLUMNS = {name: name for name in LINES if name != "line"}
FEATURES = {
    "windows": [45],
    "aggregations": {
        "orders": "count",
        "revenue": "sum of amount",
        "avg_order": "avg of amount",
        "of": {"rule": "sum of amount", "by": "category", "values": ["books", "toys"]},
        "categories": "count_distinct of category",
    },
    "totals": ["orders", "revenue", "avg_order"],
}
# C is cut over two files, R refunded in a third one; B stands in two that overlap, once with two equal lines.
FILES = {
    "part1.csv": [
        "B,1,bob,2024-05-02T08:00:00Z,5.00,completed,toys",
        "B,1,bob,2024-05-02T08:00:00Z,5.00,completed,toys",
        "R,1,ann,2024-05-07T15:44:06Z,38.39,shipped,books",
        "R,2,ann,2024-05-07T15:45:06Z,38.39,shipped,toys",
        "C,1,cid,2024-09-08T06:20:42Z,22.25,completed,books",
    ],
    "part2.csv": [
        "C,2,cid,2024-09-08T06:20:42Z,22.25,completed,toys",
        "B,1,bob,2024-05-02T08:00:00Z,5.00,completed,toys",
        "L,1,bob,2024-12-02T08:00:00Z,1.00,completed,toys",
    ],
    "refunds.csv": ["R,3,ann,2024-08-02T23:03:37Z,-38.39,shipped,toys"],
}


class Lines(Warehouse):
    def write(self, files: Mapping[str, list[str]], header: tuple[str, ...] = LINES) -> None:
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        for name, rows in files.items():
            (data / name).write_text("\n".join([",".join(header), *rows]) + "\n")

    def configure(self, columns: dict[str, Any], **mapping: Any) -> None:
        """The shipped expectations of three columns, but that an amount has no sign."""
        configs = self.folder / "configs"
        shutil.rmtree(configs, ignore_errors=True)
        configs.mkdir()
        gate = yaml.safe_load((PROJECT / "configs" / "expectations.yaml").read_text())
        names = ("customer_id", "amount", "order_ts")
        described = [column for column in gate["models"][0]["columns"] if column["name"] in names]
        next(column for column in described if column["name"] == "amount")["data_tests"].pop()
        gate["models"][0]["columns"] = described
        metas = {
            "orders": {"orders_mapped": {"grain": "order_line", **mapping, "columns": columns}},
            "features": {
                "customer_features": FEATURES,
                "customer_labels": {"horizon": 30},
                "customer_training_set": {},
            },
        }
        documents = {file: {"version": 2, "models": described_as(own)} for file, own in metas.items()}
        for file, document in {**documents, "expectations": gate}.items():
            (configs / f"{file}.yaml").write_text(yaml.safe_dump(document))

    def deliver(self, *, code: int = 0) -> None:
        done = self.ready("run", "--data", self.folder / "data", "--configs", self.folder / "configs")
        assert done.returncode == code, done.stdout + done.stderr

    def orders(self) -> dict[str, tuple[Any, ...]]:
        time = "to_char(order_ts at time zone 'UTC', 'MM-DD HH24:MI')"
        rows = self.rows(f"select order_id, amount, line_count, {time} from stg.orders")
        return {row[0]: row[1:] for row in rows}

    def features(self, customer: str, month: str) -> tuple[Any, ...]:
        """Orders, revenue, average, of books, of toys, categories in 45 days; totals of the first three."""
        (row,) = self.rows(
            "select orders_45d, revenue_45d, avg_order_45d, of_books_45d, of_toys_45d, categories_45d, "
            "orders_total, revenue_total, avg_order_total "
            f"from feats.customer_features where customer_id = '{customer}' "
            f"and to_char(feature_time at time zone 'UTC', 'MM') = '{month}'"
        )
        return row


def described_as(metas: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "config": {"meta": {"ready": meta}}} for name, meta in metas.items()]


@pytest.fixture
def lines(database: ConnectionParams, tmp_path: Path) -> Lines:
    return Lines(tmp_path, database)


def test_lines_in_several_files_are_one_order_once_it_is_said_what_they_are(lines: Lines) -> None:
    lines.write(FILES)
    lines.configure(COLUMNS)
    lines.deliver(code=1)
    (error,) = lines.report["errors"]
    told = "order_id has {} value(s) whose lines are not certain, such as {}. It is cut over the files"
    assert error.startswith(told.format(2, "part1.csv:4 against refunds.csv:2: R"))
    assert "lines_over_files: sum" in error

    lines.configure(COLUMNS, lines_over_files="sum")
    lines.deliver()
    staged = {
        "B": (D("10.00"), 2, "05-02 08:00"),
        "R": (D("38.39"), 3, "05-07 15:44"),
        "C": (D("44.50"), 2, "09-08 06:20"),
        "L": (D("1.00"), 1, "12-02 08:00"),
    }
    assert lines.orders() == staged
    bought = (1, D("76.78"), D("76.78"), D("38.39"), D("38.39"), 2, 1, D("76.78"), D("76.78"))
    assert lines.features("ann", "06") == bought
    nothing = (0, D(0), None, D(0), D(0), 0)
    assert lines.features("ann", "08") == (*nothing, 1, D("76.78"), D("76.78"))
    refunded = (0, D("-38.39"), None, D(0), D("-38.39"), 1)
    assert lines.features("ann", "09") == (*refunded, 1, D("38.39"), D("38.39"))

    assert lines.ready("db", "grant").returncode == 0  # the check's own role proves it
    for command in (["check-leakage", "--cutoffs", "1"], ["reproduce", "1"]):
        done = lines.ready(*command, READY_CONFIGS=lines.folder / "configs")
        assert done.returncode == 0, done.stdout + done.stderr

    # With an id the equal lines of one order would be one; one file must not have them.
    lines.configure({**COLUMNS, "line_id": "line"})
    lines.deliver(code=1)
    (error,) = lines.report["errors"]
    assert error.startswith(told.format(1, "part1.csv:3 against part1.csv:2: B"))


SHOP = ("Name", "Email", "Status", "Total", "Created at", "Item")


def test_values_that_only_the_first_line_has_stand_for_the_order(lines: Lines) -> None:
    rows = [
        "#2,c@example.com,returned,82.18,2025-05-14T03:03:16Z,Cup",
        "#2,c@example.com,,,2025-05-14T03:03:16Z,Plate",
        "#1,d@example.com,completed,127.50,2025-03-14T16:19:37Z,Cup",
        "#1,d@example.com,,,2025-03-14T16:19:37Z,Cup",
        "#1,d@example.com,,,2025-03-14T16:19:37Z,Cup",
    ]
    lines.configure(
        {
            "order_id": "Name",
            "customer_id": "Email",
            "order_ts": "Created at",
            "amount": {"column": "Total", "of": "order"},
            "status": {"column": "Status", "of": "order"},
            "category": {"column": "Item", "of": "order"},
        }
    )
    lines.write({"orders.csv": [*rows, "#1,d@example.com,,n/a,2025-03-14T16:19:37Z,Jug"]}, SHOP)
    lines.deliver(code=1)
    assert lines.report["errors"] == ["amount has 1 non-numeric value(s)"]
    lines.write({"orders.csv": rows}, SHOP)
    lines.deliver()
    assert lines.rows("select order_id, amount, line_count, is_purchase from stg.orders order by 1") == [
        ("#1", D("127.50"), 3, True),
        ("#2", D("82.18"), 2, False),
    ]
    assert lines.features("d@example.com", "04")[:3] == (1, D("127.50"), D("127.50"))
