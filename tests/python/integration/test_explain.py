"""`ready explain`: every value leads back to the lines of the files, and comes out of them again."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT
from proof_case import Shop
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams
from ready.proof.explain import Explanation, explain
from ready.settings import Settings

UTC = timezone.utc


def explained(warehouse: Warehouse, customer: str, time: datetime, feature: str) -> Explanation:
    settings = Settings.resolve(environ=warehouse.environ)
    with contextlib.closing(warehouse.database.connect()) as connection:
        return explain(connection, settings, customer_id=customer, feature_time=time, feature=feature)


def columns(warehouse: Warehouse, table: str) -> list[str]:
    return [
        name
        for (name,) in warehouse.rows(
            f"select attname from pg_attribute where attrelid = '{table}'::regclass and attnum > 2"
        )
    ]


def all_explained(warehouse: Warehouse, keys: str) -> list[Explanation]:
    """Every column of the rows that the query `keys` picks, labels included."""
    tables = ("feats.customer_features", "feats.customer_labels")
    names = [name for table in tables for name in columns(warehouse, table)]
    rows = warehouse.rows(keys)
    return [explained(warehouse, customer, time, name) for customer, time in rows for name in names]


def test_every_feature_is_recomputed_from_lines_that_stand_in_the_files(built_shop: Shop) -> None:
    found = all_explained(
        built_shop,
        "select customer_id, feature_time from feats.customer_features "
        "order by md5(customer_id || feature_time) limit 15",
    )
    assert len(found) == 15 * 17
    assert [one.feature.name for one in found if not one.agrees] == []
    files = {path.name: path.read_text().splitlines() for path in built_shop.data.iterdir()}
    lines = [line for one in found for order in one.orders for line in order.lines]
    assert len(lines) > 500
    for line in lines:
        (record,) = csv.reader([files[line.file_name][line.line_number - 1]])
        assert list(line.record.values()) == record


def test_the_command_shows_orders_files_lines_and_the_sum(built_shop: Shop) -> None:
    done = built_shop.ready("explain", "C000015", "2025-02-01", "revenue_30d")
    assert done.returncode == 0, done.stderr
    assert "revenue_30d of C000015 at 2025-02-01 is 92.610000" in done.stdout
    assert "purchases from 2025-01-02 until before 2025-02-01 UTC" in done.stdout
    assert "orders_2025_h1.csv:42  O00003240,C000015,2025-01-04T14:03:59Z,17.33,EUR" in done.stdout
    assert done.stdout.endswith("17.33 + 57.76 + 17.52 = 92.610000: agrees\n")


def test_the_json_holds_the_same_and_nothing_rounded(built_shop: Shop) -> None:
    done = built_shop.ready("explain", "C000015", "2025-02-01T01:00:00+01:00", "revenue_30d", "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["value"], found["agrees"]) == ("92.610000", True)
    assert [order["amount"] for order in found["orders"]] == ["17.33", "57.76", "17.52"]
    assert found["orders"][0]["lines"][0]["line_number"] == 42


def test_the_lineage_has_every_column_and_the_files(built_shop: Shop) -> None:
    listed = json.loads(built_shop.ready("lineage", "--json").stdout)
    kept = built_shop.rows(
        "select column_name from information_schema.columns where table_schema = 'feats' "
        "and table_name in ('customer_features', 'customer_labels') "
        "and column_name not in ('customer_id', 'feature_time') order by table_name, ordinal_position"
    )
    assert [column["name"] for column in listed] == [name for (name,) in kept]
    told = built_shop.ready("lineage", "customer_features.revenue_30d").stdout
    assert told.startswith("revenue_30d: sum of amount, 30 days before feature_time\n")
    assert "stg.orders.amount         from column amount\n" in told
    assert "orders" in told.splitlines()[-1]
    assert ".csv" in told.splitlines()[-1]
    datasets = json.loads(built_shop.ready("lineage", "orders_7d", "--openlineage").stdout)
    assert [name["name"].partition(".")[2] for name in datasets] == ["feats.customer_features", "stg.orders"]
    server = built_shop.database
    assert {name["namespace"] for name in datasets} == {f"postgres://{server.host}:{server.port}"}
    wrong = built_shop.ready("lineage", "other_set.revenue_30d")
    assert wrong.returncode == 2
    assert "no build of other_set is recorded" in wrong.stderr


def test_a_value_that_its_orders_do_not_give_is_an_error(shop: Shop) -> None:
    shop.execute("update feats.customer_features set revenue_30d = 92.62 where revenue_30d = 92.61")
    done = shop.ready("explain", "C000015", "2025-02-01", "revenue_30d")
    assert done.returncode == 1
    assert "= 92.610000: DOES NOT AGREE with 92.620000" in done.stdout
    assert "revenue_30d is 92.620000, and its orders give 92.610000" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("C000015", "2025-02-01", "revenue30d"), "did you mean revenue_30d"),
        (("C000015", "2025-02-01", "customer_id"), "known: orders_7d, revenue_7d"),
        (("C00015x", "2025-02-01", "revenue_30d"), "did you mean C000"),
        (("C000015", "2025-02-03", "revenue_30d"), "the nearest: 2025-02-01 or 2025-03-01"),
        (("C000015", "February", "revenue_30d"), "February is no time"),
    ],
    ids=["feature", "no feature", "customer", "feature time", "no time"],
)
def test_unknown_names_are_answered_with_the_nearest(
    built_shop: Shop, arguments: tuple[str, ...], message: str
) -> None:
    done = built_shop.ready("explain", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


LINES = {
    "1.csv": [("A", "1", "ann", "2025-01-03", "9.00", "web"), ("B", "1", "ann", "2025-01-05", "4.00", "app")],
    "2.csv": [
        ("A", "1", "ann", "2025-01-03", "1.00", "web"),
        ("A", "2", "ann", "2025-01-03", "2.50", "app"),
        ("A", "3", "ann", "2025-01-25", "-0.50", "app"),
        ("C", "1", "ann", "2025-01-20", "7.10", "web"),
        ("D", "1", "bob", "2025-04-01", "1.00", "web"),
        ("E", "1", "ann", "2025-01-06", "5.00", "web"),
        ("E", "2", "ann", "2025-01-06", "x", "web"),
    ],
}
FEATURES = {
    "windows": [10, 30],
    "aggregations": {
        "orders": "count",
        "spread": "stddev of amount",
        "typical": "median of amount",
        "much": "quantile 0.75 of amount",
        "channels": "count_distinct of channel",
        "least": "min of amount",
        "revenue": {"rule": "sum of amount", "by": "channel", "values": ["web", "app"]},
        "mean": {"rule": "avg of amount", "by": "channel", "values": ["web"]},
        "last_kind": "latest of kind",
        "first_channel": "first of channel",
        "usual_kind": "mode of kind",
        "usual_channel": {"rule": "mode of channel", "by": "channel", "values": ["web", "app"]},
        "parts": {"rule": "count", "by": "kind", "values": ["web", "app"]},
    },
    "totals": ["orders", "least", "last_kind", "usual_kind", "typical"],
    "days_since_nth_last_order": [2, 4],
    "ratios": {"web": "revenue_web_30d / orders_30d", "parts": "parts_app_10d / orders_total"},
}


@pytest.fixture(scope="module")
def line_shop(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Order lines, one delivered twice, a refund, a faulty order; every kind of feature; a condition."""
    folder = tmp_path_factory.mktemp("lines")
    (folder / "data").mkdir()
    for name, rows in LINES.items():
        text = "\n".join(
            map(",".join, [("order_id", "line_id", "customer_id", "order_ts", "amount", "channel"), *rows])
        )
        (folder / "data" / name).write_text(text + "\n")
    _write_configs(folder / "configs")
    with new_database(server) as database:
        warehouse = Warehouse(folder, database)
        assert warehouse.ready("load", folder / "data").returncode == 0
        build = ("build", "--exclude-resource-type", "unit_test")
        built = warehouse.ready("dbt", *build, READY_CONFIGS=folder / "configs")
        assert built.returncode == 0, built.stdout
        yield warehouse


def _write_configs(folder: Path) -> None:
    folder.mkdir()
    mapping = yaml.safe_load((PROJECT / "configs" / "orders.yaml").read_text())
    meta = mapping["models"][0]["config"]["meta"]
    meta["ready_grain"] = "order_line"
    names = ("order_id", "line_id", "customer_id", "order_ts", "amount", "channel")
    meta["ready_columns"] = {**{name: name for name in names}, "kind": "channel"}
    features = {
        "customer_features": FEATURES,
        "customer_labels": {"horizon": 30, "label": {"churn": "no purchase"}},
        "customer_training_set": {},
    }
    models = [{"name": name, "config": {"meta": {"ready": meta}}} for name, meta in features.items()]
    expectations = [{"name": "orders_parsed", "columns": [{"name": "order_id", "data_tests": ["not_null"]}]}]
    documents = {"orders": mapping, "features": {"version": 2, "models": models}}
    documents["expectations"] = {"version": 2, "models": expectations}
    for name, document in documents.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def test_every_kind_of_feature_is_recomputed(line_shop: Warehouse) -> None:
    found = all_explained(line_shop, "select customer_id, feature_time from feats.customer_features")
    functions = {
        "stddev",
        "count_distinct",
        "no_purchase",
        "min",
        "latest",
        "first",
        "mode",
        "median",
        "quantile",
    }
    assert {one.feature.function for one in found} >= functions
    assert [(one.feature.name, one.value, one.recomputed) for one in found if not one.agrees] == []
    assert len({one.value for one in found}) > 8


def test_texts_are_shown_and_counted(line_shop: Warehouse) -> None:
    done = line_shop.ready("explain", "ann", "2025-02-01", "channels_30d")
    assert "  A  2025-01-03  web\n" in done.stdout
    assert done.stdout.endswith("count_distinct of 5 value(s) = 2: agrees\n")
    done = line_shop.ready("explain", "ann", "2025-02-01", "last_kind_30d")
    assert "last_kind_30d of ann at 2025-02-01 is app\n" in done.stdout
    assert "latest of kind; purchases from" in done.stdout
    assert done.stdout.endswith("latest of 5 value(s) = app: agrees\n")


def test_the_second_last_order_is_shown_with_the_last(line_shop: Warehouse) -> None:
    done = line_shop.ready("explain", "ann", "2025-02-01", "days_since_2nd_last_order")
    assert "  days since 2nd last order; purchases from the first order until" in done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines() if ".csv:" in line] == ["1.csv:3", "2.csv:5"]
    assert done.stdout.endswith("from 2025-01-05 00:00:00 to 2025-02-01 00:00:00 = 27: agrees\n")
    none = line_shop.ready("explain", "ann", "2025-02-01", "days_since_4th_last_order")
    assert none.stdout.endswith("3 purchase(s) = null: agrees\n")


def test_a_ratio_shows_the_orders_of_both_sides(line_shop: Warehouse) -> None:
    done = line_shop.ready("explain", "ann", "2025-02-01", "web_ratio")
    assert "revenue_web_30d / orders_30d; purchases from 2025-01-02 until before 2025-02-01" in done.stdout
    assert done.stdout.endswith("8.100000 / 3 = 2.700000: agrees\n")
    places = [line.split()[0] for line in done.stdout.splitlines() if ".csv:" in line]
    # Each line of revenue by channel, then the orders that are counted, with all of their lines.
    assert places == ["2.csv:2", "2.csv:2", "2.csv:3", "2.csv:4", "1.csv:3", "2.csv:5"]


def test_lines_are_shown_one_by_one_or_as_the_orders_they_make(line_shop: Warehouse) -> None:
    """Of a line delivered again the latest; the order with a line that is set aside is nowhere."""

    def places(feature: str) -> tuple[str, list[tuple[str, list[str]]]]:
        found = explained(line_shop, "ann", datetime(2025, 2, 1, tzinfo=UTC), feature)
        lines = [
            (order.order_id, [f"{n.file_name}:{n.line_number}" for n in order.lines])
            for order in found.orders
        ]
        return str(found.value), lines

    assert places("revenue_app_30d") == (
        "6.000000", [("A", ["2.csv:3"]), ("B", ["1.csv:3"]), ("A", ["2.csv:4"])]
    )  # fmt: skip
    orders = [("A", ["2.csv:2", "2.csv:3", "2.csv:4"]), ("B", ["1.csv:3"]), ("C", ["2.csv:5"])]
    assert places("least_30d") == ("3.000000", orders)
    assert places("orders_30d") == ("3", orders)
    assert places("parts_app_30d")[0] == "3"
    assert places("mean_web_30d") == ("5.050000", [orders[0], orders[2]])
    assert (
        places("orders_10d") == ("0", []) != places("revenue_app_10d") == ("-0.500000", [("A", ["2.csv:4"])])
    )


def test_lines_that_staging_no_longer_holds_are_an_error(
    line_shop: Warehouse, server: ConnectionParams
) -> None:
    with new_database(server, template=line_shop.database) as database:
        other = Warehouse(line_shop.folder, database)
        other.execute("delete from stg.orders_parsed where order_id = 'A' and line_number = 4")
        done = other.ready("explain", "ann", "2025-02-01", "orders_30d")
    assert done.returncode == 1
    assert "does not hold line 4 of load 2 as a line of order A" in done.stderr
