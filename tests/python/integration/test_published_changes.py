"""A build that changes few rows of `feats` judges what is new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from proof_case import Shop, copy_of
from test_incremental_scope import HEADER, NEW, SIDE_TABLES, deliver, edit, features

from ready.postgres.connection import ConnectionParams


@pytest.fixture(scope="module")
def built_untested(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """The new orders' candidates stand."""
    with copy_of(built_shop, server, tmp_path_factory.mktemp("untested") / "shop") as shop:
        _with(shop, "")
        assert shop.ready("load", shop.data).returncode == 0
        assert shop.ready("validate").returncode == 0
        assert shop.ready("dbt", "run").returncode == 0
        yield shop


@pytest.fixture
def untested(built_untested: Shop, server: ConnectionParams, tmp_path: Path) -> Iterator[Shop]:
    with copy_of(built_untested, server, tmp_path / "shop") as shop:
        yield shop


def test_a_rule_is_held_against_the_rows_that_are_new(shop: Shop) -> None:
    most = shop.value("select max(revenue_total) from feats.customer_features")
    limit(shop, most)
    deliver(shop)
    accepted = features(shop)

    refused = shop.ready("run", "--data", _with(shop, f"N3,C000015,2025-03-05,{most},EUR,completed,web\n"))
    assert refused.returncode != 0
    assert "revenue_total" in refused.stdout + refused.stderr
    assert features(shop) == accepted
    candidate = "feats.customer_features__candidate"
    assert shop.value(f"select count(*) from {candidate} where revenue_total > {most}") > 0
    assert shop.value(f"select count(*) from {candidate}") == shop.value(
        "select count(*) from feats.customer_features"
    )

    shop.run("--data", _with(shop, ""))
    assert features(shop) == accepted
    assert shop.rows(SIDE_TABLES) == []


@pytest.mark.thorough  # test_what_is_recorded.py changes rules
def test_a_new_rule_is_held_against_all_rows(shop: Shop) -> None:
    least = shop.value(
        "select min(revenue_total) from feats.customer_features where customer_id <> 'C000015'"
    )
    limit(shop, least)
    refused = shop.ready("run", "--data", _with(shop, ""))
    assert refused.returncode != 0
    assert "revenue_total" in refused.stdout + refused.stderr


def test_keys_and_numbers_of_rows_are_held_against_what_is_new(untested: Shop) -> None:
    """A doubled key of a row that stays, and with it a row that has no label."""
    shop = untested
    shop.execute("""
        insert into feats.customer_features__added
        select * from feats.customer_features where customer_id < 'C000015' order by 1, 2 limit 1
    """)
    refused = shop.ready("dbt", "test", "--exclude-resource-type", "unit_test")
    assert refused.returncode != 0
    rules = ("expect_compound_columns_to_be_unique", "expect_table_row_count_to_equal_other_table")
    failures = [line for line in refused.stdout.splitlines() if "FAIL" in line and "[" in line]
    for rule, tables in (
        (rules[0], ["customer_features"]),
        (rules[1], ["customer_labels", "customer_training_set"]),
    ):
        assert len([line for line in failures if rule in line]) == len(tables), failures
        assert all(any(f"{rule}_{table}" in line for line in failures) for table in tables)
    assert len(failures) == 3


@pytest.mark.thorough  # test_faults.py changes more
def test_a_table_that_somebody_changed_meanwhile_is_not_published(untested: Shop) -> None:
    shop = untested
    shop.execute("""
        delete from feats.customer_features
        where customer_id = 'C000015' and feature_time = (select max(feature_time) from feats.feature_times)
    """)
    before = features(shop)

    refused = shop.ready("dbt", "test", "--exclude-resource-type", "unit_test")
    assert refused.returncode != 0
    assert "feats.customer_features was changed while this build ran" in refused.stdout
    assert features(shop) == before

    shop.run("--data", shop.data, "--full-refresh")
    rows = "select count(*) from feats."
    assert shop.value(rows + "customer_features") == shop.value(rows + "customer_labels")


def limit(shop: Shop, most: Any) -> None:
    rule = {"dbt_expectations.expect_column_values_to_be_between": {"arguments": {"max_value": float(most)}}}

    def add_rule(models: list[Any]) -> None:
        (total,) = (column for column in models[0]["columns"] if column["name"] == "revenue_total")
        total["data_tests"] = [rule]

    edit(shop.project / "configs" / "features.yaml", add_rule)


def _with(shop: Shop, lines: str) -> Path:
    """The data with the new orders and these."""
    (shop.data / "new.csv").write_text(HEADER + NEW + lines)
    return shop.data
