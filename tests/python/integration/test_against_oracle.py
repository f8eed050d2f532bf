"""Whole runs on real files, by configs alone, held against the oracle to the last digit."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from against_oracle import assert_orders_equal_oracle, assert_tables_equal_oracle
from conftest import PROJECT
from oracle import Definition
from oracle_orders import RawOrder, Row, Source, parse_iso, parse_yyyymmdd, read_orders
from proof_case import Shop
from warehouse import Warehouse

from ready.definition.meta import node_meta
from ready.postgres.connection import ConnectionParams

SHARED = PROJECT.parent / "shared" / "data"


def sample(row: Row, file_name: str, line_number: int) -> RawOrder:
    return RawOrder(row["order_id"], row["customer_id"], row["order_ts"], row["amount"], row["status"])


def cdnow(row: Row, file_name: str, line_number: int) -> RawOrder:
    return RawOrder(f"{file_name}:{line_number}", row["customer_id"], row["date"], row["dollar_value"])


def online_retail(row: Row, file_name: str, line_number: int) -> RawOrder:
    return RawOrder(
        order_id=row["InvoiceNo"],
        customer_id=row["CustomerID"].removesuffix(".0"),
        order_ts=row["InvoiceDate"],
        amount=str(Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])),
        status="cancelled" if row["InvoiceNo"].startswith("C") else "completed",
    )


def jaffle_shop(row: Row, file_name: str, line_number: int) -> RawOrder:
    words = {"placed": "pending", "return_pending": "returned"}
    return RawOrder(
        order_id=row["order_id"],
        customer_id=row["customer_id"],
        order_ts=row["order_date"],
        amount=str(Decimal(row["cents"]) / 100),
        status=words.get(row["status"], row["status"]),
    )


def definition_in(configs: Path) -> Definition:
    """What a features.yaml says, in the oracle's terms."""
    models = yaml.safe_load((configs / "features.yaml").read_text())["models"]
    meta = {model["name"]: node_meta(model, model["name"]) for model in models}
    features, splits = meta["customer_features"], meta["customer_training_set"]["splits"]
    read: dict[str, Callable[[Any], Any]] = {
        "train": decimal,
        "val": decimal,
        "val_from": day,
        "test_from": day,
        "embargo": int,
        "by": str,
        "seed": int,
    }
    return Definition(
        aggregations=features["aggregations"],
        totals=tuple(features["totals"]),
        label=next(iter(meta["customer_labels"]["label"].items())),
        windows=tuple(features["windows"]),
        every=features["feature_times"]["every"],
        horizon=meta["customer_labels"]["horizon"],
        **{name: read[name](value) for name, value in splits.items()},
    )


def decimal(value: float) -> Decimal:
    return Decimal(str(value))


def day(value: object) -> date:
    return date.fromisoformat(str(value))


@dataclass(frozen=True)
class Case:
    """orders: how many the oracle must find, so that an empty comparison cannot pass.

    records, rejected: how many are loaded, and set aside. script: makes the folder to load from `data`.
    """

    data: Path
    configs: str
    source: Source
    orders: int
    records: int
    rejected: int = 0
    script: str | None = None

    def folder(self, target: Path) -> Path:
        if self.script is None:
            return self.data
        command = [sys.executable, str(PROJECT / self.script), str(self.data), str(target)]
        subprocess.run(command, check=True)
        return target


CASES = {
    "sample": Case(
        data=PROJECT / "data" / "raw",
        configs="configs",
        source=Source(sample, parse_iso),
        orders=5_000,
        records=5_006,
    ),
    "cdnow": Case(
        data=SHARED / "cdnow",
        configs="examples/cdnow",
        source=Source(cdnow, parse_yyyymmdd),
        orders=69_659,
        records=69_659,
    ),
    # Its times are London's, which in December is UTC.
    "online_retail": Case(
        data=SHARED / "online_retail",
        configs="examples/online_retail",
        source=Source(online_retail, parse_iso, lines=True),
        orders=1_708,
        records=42_481,
        rejected=15_631,
    ),
    "jaffle_shop": Case(
        data=SHARED / "jaffle_shop_classic",
        configs="examples/jaffle_shop",
        source=Source(jaffle_shop, parse_iso, lines=True),
        orders=99,
        records=113,
        script="examples/jaffle_shop_join.py",
    ),
}


def test_the_oracle_has_the_defaults_of_the_shipped_configs() -> None:
    assert definition_in(PROJECT / "configs") == Definition()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in ("sample", "online_retail") else pytest.mark.thorough)
        for name in CASES
    ],
)
def test_the_tables_are_what_the_oracle_computes(
    name: str, built_shop: Shop, database: ConnectionParams, tmp_path: Path
) -> None:
    case = CASES[name]
    if not case.data.is_dir():
        pytest.skip(f"{case.data} is not laid beside the checkout")
    data = case.folder(tmp_path / "data")
    orders = read_orders(data, case.source)
    assert len(orders) == case.orders
    warehouse: Warehouse = built_shop
    if name != "sample":
        warehouse = Warehouse(tmp_path, database)
        run = warehouse.run("--data", data, "--configs", case.configs)
        assert_readme_tells(PROJECT / case.configs / "README.md", run.stdout)
    assert warehouse.report["validation_passed"] is True
    assert warehouse.value("select count(*) from raw.raw_events") == case.records
    assert warehouse.value("select count(*) from stg.orders_rejected") == case.rejected
    exported = json.loads((warehouse.artifacts / "datasets/customer_features/v1/manifest.json").read_text())
    assert all(entry["row_count"] > 0 for entry in exported["files"])
    with closing(warehouse.database.connect()) as connection:
        assert_orders_equal_oracle(connection, orders)
        assert_tables_equal_oracle(connection, orders, definition_in(PROJECT / case.configs))


def assert_readme_tells(readme: Path, output: str) -> None:
    """An example's README shows the end of its run."""
    told = [line for line in output.splitlines() if "fingerprint" in line or "feature rows" in line]
    assert len(told) == 2
    assert "\n".join(told) in readme.read_text()
