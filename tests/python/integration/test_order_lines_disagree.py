"""Lines of one order that disagree, and files with other columns: told, never added in silence."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from test_order_lines import Lines
from warehouse import new_database

from ready.postgres.connection import ConnectionParams

D = Decimal
OF_ORDER = ("customer_id", "order_ts", "amount", "status", "category", "shipping")
ANY_SIZE = {"file": {"max_shrink": "100%"}}
HEADER = ("order_id", *OF_ORDER)
MAPPED: dict[str, Any] = {
    "order_id": "order_id",
    **{name: {"column": name, "of": "order"} for name in OF_ORDER},
    "shipping": {"column": "shipping", "type": "number", "of": "order"},
}


@pytest.fixture(scope="module")
def lines(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lines]:
    with new_database(server) as database:
        yield Lines(tmp_path_factory.mktemp("lines"), database)


def test_lines_that_disagree_in_what_is_the_orders_are_told_and_blank_ones_are_not(lines: Lines) -> None:
    good = [
        "B1,ann,2024-05-01T10:00:00Z,82.18,returned,DE,",  # shipping on a later line alone
        "B1,,,,,,9",
        "B1,,,,,,",
        "B2,,,,,,",  # all on a later line alone
        "B2,bob,2024-05-02T10:00:00Z,12.50,completed,FR,1.5",
        "B2,bob,2024-05-02T10:00:00Z,12.5,Completed,FR,1.50",
    ]
    lines.configure(MAPPED, **ANY_SIZE)
    lines.write({"a.csv": good}, HEADER)
    lines.deliver()
    assert lines.report["errors"] == []
    assert not [warning for warning in lines.report["warnings"] if "order(s) have lines" in warning]
    found = (
        "select order_id, customer_id, amount, category, shipping, line_count, is_purchase from stg.orders"
    )
    assert lines.rows(f"{found} order by 1") == [
        ("B1", "ann", D("82.18"), "DE", D("9"), 3, False),
        ("B2", "bob", D("12.50"), "FR", D("1.5"), 3, True),
    ]
    configs = lines.folder / "configs"
    explained = lines.ready("explain", "bob", "2024-06-01", "revenue_45d", READY_CONFIGS=configs)
    assert explained.returncode == 0, explained.stderr
    assert "12.50" in explained.stdout

    lines.write(
        {
            "a.csv": [
                "Z1,A,2024-05-05T10:00:00Z,10.00,completed,DE,5",
                "Z1,B,2024-05-05T10:00:00Z,10,completed,DE,5.0",
                "Z2,A,2024-05-05T10:00:00Z,10.00,completed,DE,5",
                "Z2,A,2024-05-05T10:00:00Z,,returned,FR,",
                "Z3,A,2024-05-05T10:00:00Z,50.00,completed,DE,5",
                "Z3,A,2024-05-05T10:00:00Z,,,,",
                "Z3,A,2024-05-05T10:00:00Z,70.00,completed,DE,7",
                "Z4,A,2024-05-05T10:00:00Z,50.00,completed,DE,",
                "Z4,A,2024-06-05T10:00:00Z,,,,",
            ]
        },
        HEADER,
    )
    lines.deliver(code=1)
    customers, numbers = lines.report["errors"]
    told = "order_id has 1 value(s) that come again with another customer_id, such as a.csv:3 against a.csv:2"
    assert customers.startswith(f"{told}: order_id=Z1, ")
    assert numbers.startswith(
        "3 order(s) have lines of another number or time, where orders.yaml says of: order, such as "
        "a.csv:8 against a.csv:6: order_id=Z3, differing=amount 70.00"
    )
    (texts,) = [warning for warning in lines.report["warnings"] if "order(s) have lines" in warning]
    assert texts.startswith("2 order(s) have lines of another status, currency or text of the order")
    assert "a.csv:5 against a.csv:4: order_id=Z2, differing=" in texts


MONTHS = ("order_id", "customer_id", "order_ts", "amount", "category")
PLAIN = {name: name for name in MONTHS}


def of_orders(first: int, last: int, more: str = "") -> list[str]:
    """Two lines an order."""
    return [
        f"L{number},c{number % 9},2024-0{1 + number // 100}-1{number % 10}T10:00:00Z,{amount},{text}{more}"
        for number in range(first, last)
        for amount, text in (("10.00", "books"), ("20.00", "toys"))
    ]


def test_exports_that_overlap_are_not_doubled_by_a_column_that_one_of_them_gained(lines: Lines) -> None:
    lines.configure(PLAIN, lines_over_files="sum", **ANY_SIZE)
    counted = "select count(*), sum(amount), min(line_count), max(line_count) from stg.orders"

    def deliver(jan: list[str], mar: list[str], code: int = 0, old: str = "", new: str = ",coupon") -> None:
        header = ",".join(MONTHS)
        for name, rows in {"a.csv": [header + old, *jan], "mar.csv": [header + new, *mar]}.items():
            (lines.folder / "data" / name).write_text("\n".join(rows) + "\n")
        lines.deliver(code=code)

    # Blank or not, and an amount in another spelling.
    respelt = [line.replace("20.00", "20.0") for line in of_orders(250, 299, ",")]
    deliver(of_orders(0, 300), [*respelt, *of_orders(299, 400, ",SPRING")])
    assert lines.rows(counted) == [(400, D("12000.00"), 2, 2)]

    # A column that both have may tell two equal lines apart, or say when they were exported.
    other = {"old": ",exported_at", "new": ",coupon,exported_at"}
    deliver(of_orders(0, 300, ",feb"), of_orders(250, 400, ",,mar"), code=1, **other)
    (error,) = lines.report["errors"]
    assert error.startswith(
        "order_id has 50 value(s) whose lines are not certain, such as a.csv:502 against mar.csv:2: L250"
    )
    # A mapped one that a file lacks: the same question.
    lines.configure({**PLAIN, "coupon": "coupon"}, lines_over_files="sum", **ANY_SIZE)
    deliver(of_orders(0, 3), of_orders(1, 4, ",SPRING"), code=1)
    (error,) = lines.report["errors"]
    assert error.startswith(
        "order_id has 2 value(s) whose lines are not certain, such as a.csv:4 against mar.csv:2"
    )


def test_totals_on_each_line_are_told_before_they_are_summed(
    database: ConnectionParams, tmp_path: Path
) -> None:
    lines = Lines(tmp_path, database)
    header = ("order_id", "line_id", "customer_id", "order_ts", "amount", "category")
    totals = [
        f"T{order},{line},ann,2024-05-{order:02}T10:00:00Z,{10 + order}.50,toys"
        for order in range(1, 23)
        for line in (1, 2, 3)
    ]
    totals[-1] = totals[-1].replace("32.50", "9")
    told = "amount is one on all lines of 21 of 22 orders of several lines, as an order's total would be"
    own = {name: name for name in header}
    of_order = {name: {"column": name, "of": "order"} for name in ("amount", "category")}
    for columns, warned in ((own, True), (own | of_order, False)):
        lines.configure(columns, **ANY_SIZE)
        lines.write({"a.csv": totals if warned else totals[:-3]}, header)
        lines.deliver()
        warnings = [warning for warning in lines.report["warnings"] if told in warning]
        assert len(warnings) == warned, lines.report["warnings"]
        assert all("a.csv:2" in warning and "of: order" in warning for warning in warnings)
    assert lines.orders()["T1"][:2] == (D("11.50"), 3)
