"""The gate's rules that are on by default: what each finds, by whom, where, and how a user relaxes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import PROJECT
from warehouse import Warehouse

from ready.postgres.connection import ConnectionParams

HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel"


class Feed(Warehouse):
    """A warehouse whose one folder is written anew, and configs with a block for default rules."""

    def validate(self, **files: list[str]) -> tuple[int, list[str], list[str]]:
        """Load these files and run the gate: its exit code, errors and warnings."""
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        for name, rows in files.items():
            (data / f"{name}.csv").write_text("\n".join([HEADER, *rows]) + "\n")
        loaded = self.ready("load", data, READY_CONFIGS=self.folder / "configs")
        assert loaded.returncode == 0, loaded.stdout + loaded.stderr
        return self.gate()

    def gate(self) -> tuple[int, list[str], list[str]]:
        done = self.ready("validate", READY_CONFIGS=self.folder / "configs")
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.returncode, self.report["errors"], self.report["warnings"]

    def relax(self, rules: str) -> None:
        configs = self.folder / "configs"
        shutil.copytree(PROJECT / "configs", configs, dirs_exist_ok=True)
        with (configs / "expectations.yaml").open("a") as file:
            file.write(f"\n{rules}\n")


@pytest.fixture
def feed(database: ConnectionParams, tmp_path: Path) -> Feed:
    feed = Feed(tmp_path, database)
    feed.relax("")
    return feed


def shop(customer: str) -> list[str]:
    return [f"{n},{customer}{n % 5},2025-01-{n:02}T10:00:00Z,{n}.50,EUR,completed,web" for n in range(1, 21)]


def test_two_shops_with_one_numbering_stop_until_the_rule_is_relaxed(feed: Feed) -> None:
    told = (
        "order_id has 20 value(s) that come again with another customer_id, such as b.csv:2 against a.csv:2: "
        "order_id=1, customer_id=B1. Make the id unique by an expression in orders.yaml, such as "
        """order_id: {expression: '"shop" || ''-'' || "order_id"'}"""
    )
    assert feed.validate(a=shop("A"), b=shop("B")) == (1, [told], [])

    feed.relax("data_tests:\n  - {name: one_customer_per_order, config: {severity: warn}}")
    assert feed.gate() == (0, [], [told])

    feed.relax("")
    assert feed.gate() == (1, [told], [])
    feed.relax("data_tests:\n  - {name: one_customer_per_order, config: {meta: {max_failures: 19}}}")
    assert feed.gate() == (1, [told], [])
    feed.relax("data_tests:\n  - {name: one_customer_per_order, config: {meta: {max_share: 0.5}}}")
    assert feed.gate() == (0, [], [told])

    feed.relax("data_tests:\n  - {name: one_customer_per_order, config: {enabled: false}}")
    assert feed.gate() == (0, [], ["the rule one_customer_per_order is switched off in expectations.yaml"])
    feed.relax("")
    assert feed.gate() == (1, [told], [])
    done = feed.ready("dbt", "build", "--select", "+orders", READY_CONFIGS=feed.folder / "configs")
    assert done.returncode == 1
    assert feed.value("select to_regclass('stg.orders')") is None
