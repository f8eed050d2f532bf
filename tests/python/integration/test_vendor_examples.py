"""The eight vendors' reports in examples/: each run from its file to its splits, against plain Python."""

from __future__ import annotations

import csv
import filecmp
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import forked
import pytest
from conftest import PROJECT
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

EXAMPLES = PROJECT / "examples"
NEW_YORK, LOS_ANGELES, UTC = map(ZoneInfo, ("America/New_York", "America/Los_Angeles", "UTC"))

Row = dict[str, str]


@dataclass(frozen=True)
class Expected:
    """An order as the report tells it to a reader."""

    customer: str
    at: datetime
    amount: Decimal
    is_purchase: bool


Found = dict[str, Expected]


def money(text: str) -> Decimal:
    return Decimal(text.replace("$", "").replace(",", "") or 0)


def local(text: str, form: str, zone: ZoneInfo) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=zone)


def shopify(rows: list[Row]) -> Found:
    return {
        row["Name"]: Expected(
            row["Email"],
            datetime.strptime(row["Created at"], "%Y-%m-%d %H:%M:%S %z"),
            money(row["Total"]) - money(row["Refunded Amount"]),
            row["Financial Status"] in ("paid", "partially_refunded") and not row["Cancelled at"],
        )
        for row in rows
        if row["Financial Status"]
    }


def woocommerce(rows: list[Row]) -> Found:
    """A refund is a row below zero."""
    sales = {row["Order #"]: row for row in rows if money(row["Net Sales"]) > 0}
    return {
        number: Expected(
            row["Customer"],
            local(row["Date"], "%Y-%m-%d %H:%M:%S", NEW_YORK),
            sum((money(other["Net Sales"]) for other in rows if other["Order #"] == number), Decimal(0)),
            row["Status"] in ("completed", "refunded"),
        )
        for number, row in sales.items()
    }


def stripe(rows: list[Row]) -> Found:
    return {
        row["id"]: Expected(
            row["Customer ID"],
            local(row["Created date (UTC)"], "%Y-%m-%d %H:%M:%S", UTC),
            money(row["Amount"]) - money(row["Amount Refunded"]),
            row["Status"] == "Paid",
        )
        for row in rows
    }


def square(rows: list[Row]) -> Found:
    """Sales of known customers; a refund is a transaction of its own and no purchase."""
    found: Found = {}
    for row in rows:
        if row["Customer ID"]:
            before = found[row["Transaction ID"]].amount if row["Transaction ID"] in found else Decimal(0)
            at = local(f"{row['Date']} {row['Time']}", "%Y-%m-%d %H:%M:%S", NEW_YORK)
            amount, is_sale = before + money(row["Net Sales"]), row["Event Type"] == "Payment"
            found[row["Transaction ID"]] = Expected(row["Customer ID"], at, amount, is_sale)
    return found


def amazon(rows: list[Row]) -> Found:
    found: Found = {}
    for row in rows:
        amount = money(row["item-price"]) + money(row["shipping-price"])
        amount += found[row["order-id"]].amount if row["order-id"] in found else 0
        at = datetime.fromisoformat(row["purchase-date"])
        found[row["order-id"]] = Expected(row["buyer-email"], at, amount, True)
    return found


def ebay(rows: list[Row]) -> Found:
    return {
        row["Order Number"]: Expected(
            row["Buyer Username"],
            local(row["Sale Date"], "%b-%d-%y", LOS_ANGELES),
            money(row["Total Price"]),
            bool(row["Paid On Date"]),
        )
        for row in rows
        if row["Total Price"]
    }


def etsy(rows: list[Row]) -> Found:
    return {
        row["Order ID"]: Expected(
            row["Buyer User ID"],
            local(row["Sale Date"], "%m/%d/%y", NEW_YORK),
            money(row["Adjusted Order Total"]) or money(row["Order Total"]),
            row["Status"] != "Refunded",
        )
        for row in rows
    }


def paypal(rows: list[Row]) -> Found:
    back = {row["Reference Txn ID"]: money(row["Gross"]) for row in rows if row["Type"] == "Payment Refund"}
    return {
        row["Transaction ID"]: Expected(
            row["From Email Address"],
            local(f"{row['Date']} {row['Time']}", "%m/%d/%Y %H:%M:%S", LOS_ANGELES),
            money(row["Gross"]) + back.get(row["Transaction ID"], Decimal(0)),
            row["Status"] == "Completed",
        )
        for row in rows
        if row["Type"] == "Express Checkout Payment"
    }


VENDORS: dict[str, Callable[[list[Row]], Found]] = {
    reader.__name__: reader for reader in (shopify, woocommerce, stripe, square, amazon, ebay, etsy, paypal)
}


def read(vendor: str) -> list[Row]:
    """The report's records, without the lines around them."""
    (file,) = (EXAMPLES / vendor / "data").iterdir()
    lines = file.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    if vendor == "ebay":
        lines = [lines[1], *lines[3:-3]]
    return list(csv.DictReader(lines, delimiter="\t" if vendor == "amazon" else ","))


@pytest.fixture(scope="module")
def built(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """All examples in one database, each with a source of its own: none sees another's files."""
    with new_database(server) as database:
        warehouse = Warehouse(tmp_path_factory.mktemp("vendors"), database)
        for vendor in VENDORS:
            done = warehouse.ready("load", EXAMPLES / vendor / "data", "--configs", EXAMPLES / vendor)
            assert done.returncode == 0, done.stdout + done.stderr
        env = {**warehouse.environ, "READY_CONFIGS": str(EXAMPLES / "shopify")}
        build = PROJECT / "tests/python/build_mappings.py"
        done = forked.script(build, *map(EXAMPLES.joinpath, VENDORS), cwd=PROJECT, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        yield warehouse


@pytest.mark.parametrize("vendor", VENDORS)
def test_orders_are_what_the_report_tells(vendor: str, built: Warehouse) -> None:
    expected = VENDORS[vendor](read(vendor))
    stored = built.rows(f"select order_id, customer_id, order_ts, amount, is_purchase from built.{vendor}")
    assert {order_id: Expected(*rest) for order_id, *rest in stored} == expected
    # Amazon's report has only what was paid.
    assert {order.is_purchase for order in expected.values()} == {True, vendor == "amazon"}
    splits = dict(built.rows(f"select split, row_count from built.splits where name = '{vendor}'"))
    assert all(splits[name] > 0 for name in ("train", "val", "test"))
    assert_readme_tells(vendor, expected, splits)


def assert_readme_tells(vendor: str, orders: Found, splits: dict[str | None, int]) -> None:
    readme = (EXAMPLES / vendor / "README.md").read_text(encoding="utf-8")
    purchases = [order.amount for order in orders.values() if order.is_purchase]
    told = f"{len(orders)} orders, of these {len(purchases)} purchases of {sum(purchases):,.2f} in all"
    rows = ", ".join(f"{name} {splits[name]}" for name in ("train", "val", "test"))
    assert told in readme
    assert f"{sum(splits.values())} feature rows: {rows}" in readme


@pytest.mark.thorough  # test_wheel.py and test_readme.py take other mappings all the way
def test_one_goes_all_the_way(built: Warehouse) -> None:
    """The gate of PayPal's report and what it leaves out; the other gates are linted by `make lint`."""
    run = built.run("--data", EXAMPLES / "paypal" / "data", "--configs", EXAMPLES / "paypal")
    assert built.report["validation_passed"] is True
    (told,) = (line.strip() for line in run.stdout.splitlines() if "feature rows:" in line)
    assert told in (EXAMPLES / "paypal" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_features_are_the_same(vendor: str) -> None:
    """As the tables above are built with those of one."""
    assert filecmp.cmp(
        EXAMPLES / vendor / "features.yaml", EXAMPLES / "shopify" / "features.yaml", shallow=False
    )


def test_the_script_writes_the_files_that_are_there(tmp_path: Path) -> None:
    generate = runpy.run_path(str(PROJECT / "scripts" / "generate_examples.py"))["generate"]
    written = generate(tmp_path)
    assert len(written) == len(VENDORS)
    for file in written:
        assert filecmp.cmp(file, EXAMPLES / file.relative_to(tmp_path), shallow=False)
