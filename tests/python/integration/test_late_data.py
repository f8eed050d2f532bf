"""Orders that change and orders that come late: a row sees each in the state it had by feature_time."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from conftest import PROJECT
from proof_case import Shop
from warehouse import Warehouse, new_database

import ready
from ready.postgres.connection import ConnectionParams
from ready.proof.explain import explain
from ready.proof.leakage import check_leakage
from ready.settings import Settings

UTC = timezone.utc
HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel,updated_at\n"
# o1 is returned in February; o2 comes in February, for January; o3's amount is corrected twice.
FILES = {
    "january.csv": """o1,c1,2025-01-05,10,EUR,completed,web,2025-01-05
o3,c1,2025-01-20,30,EUR,completed,web,2025-01-20
""",
    "february.csv": """o1,c1,2025-01-05,10,EUR,returned,web,2025-02-10
o2,c1,2025-01-25,5,EUR,shipped,web,2025-02-03T12:00:00Z
o3,c1,2025-01-20,33,EUR,completed,web,2025-02-20
""",
    "out_of_order.csv": "o3,c1,2025-01-20,31,EUR,completed,web,2025-02-15\n",
    # o4's date is wrong by ten months until the day after.
    "typo.csv": "o4,c3,2025-12-10,20,EUR,completed,web,2025-02-10\n",
    "corrected.csv": "o4,c3,2025-02-10,21,EUR,completed,web,2025-02-11\n",
    # The second does not say since when it is known.
    "later.csv": "o9,c2,2025-05-15,1,EUR,completed,web,2025-05-15\no8,c2,2025-05-14,1,EUR,completed,web,\n",
}
# Of the first, what was known of its orders in the end; of the second, what was known then.
PEEKING = """
    select features.customer_id, features.feature_time, count(orders.order_id) as returned
    from {{ ref('customer_features') }} as features
    left join {{ ref('orders') }} as orders
        on features.customer_id = orders.customer_id
        and orders.order_ts < features.feature_time and orders.status = 'returned'
    group by 1, 2"""
CLEAN = PEEKING.replace("ref('orders')", "ref('order_versions')").replace(
    "orders.order_ts <", "orders.available_at <"
)


@pytest.fixture(scope="module")
def late(
    server: ConnectionParams, built_shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """A shop whose files say when each state was known."""
    folder = tmp_path_factory.mktemp("late")
    with new_database(server) as database:
        shop = built_shop.copy(folder / "shop", database)
        write(shop)
        done = shop.run("--data", shop.data)
        assert "not present in the database" not in done.stdout + done.stderr, "dbt's warning of a table"
        yield shop


def write(shop: Shop) -> None:
    for file in shop.data.iterdir():
        file.unlink()
    for name, lines in FILES.items():
        (shop.data / name).write_text(HEADER + lines)
    mapping = shop.project / "configs" / "orders.yaml"
    document = yaml.safe_load(mapping.read_text())
    document["models"][0]["config"]["meta"]["ready_columns"]["available_at"] = "updated_at"
    mapping.write_text(yaml.safe_dump(document))
    for name, sql in {"peeking_features": PEEKING, "clean_features": CLEAN}.items():
        (shop.project / "models" / "features" / f"{name}.sql").write_text(sql)


def relax(configs: Path, rule: str) -> None:
    """Let the gate only report what this rule finds."""
    file = configs / "expectations.yaml"
    document = yaml.safe_load(file.read_text())
    document["models"][0]["config"]["meta"]["ready_default_rules"] = {rule: {"severity": "warn"}}
    file.write_text(yaml.safe_dump(document))


def test_a_row_sees_what_was_known_then(late: Shop) -> None:
    rows = late.rows(
        "select feature_time::date::text, orders_30d, revenue_90d, orders_total, revenue_total "
        "from feats.customer_features where customer_id = 'c1' order by feature_time"
    )
    assert rows == [
        ("2025-02-01", 2, Decimal(40), 2, Decimal(40)),
        ("2025-03-01", 0, Decimal(38), 2, Decimal(38)),
        ("2025-04-01", 0, Decimal(38), 2, Decimal(38)),
        ("2025-05-01", 0, Decimal(0), 2, Decimal(38)),
        ("2025-06-01", 0, Decimal(0), 2, Decimal(38)),
    ]
    assert late.rows(
        "select order_id, status, amount from stg.orders where customer_id = 'c1' order by 1"
    ) == [
        ("o1", "returned", Decimal(10)),
        ("o2", "shipped", Decimal(5)),
        ("o3", "completed", Decimal(33)),
    ]


def test_a_corrected_time_takes_the_wrong_ones_place(late: Shop) -> None:
    rows = late.rows(
        "select feature_time::date::text, orders_90d, revenue_total, label_revenue_next_30d "
        "from feats.customer_training_set where customer_id = 'c3' order by feature_time"
    )
    assert rows[0] == ("2025-03-01", 1, Decimal(21), Decimal(0))
    assert {revenue for _, _, revenue, _ in rows} == {Decimal(21)}
    assert late.rows("select order_ts::date::text, amount from stg.orders where order_id = 'o4'") == [
        ("2025-02-10", Decimal(21))
    ]
    assert late.rows("select max(feature_time)::date::text from feats.feature_times") == [("2025-06-01",)]


def test_explain_shows_the_lines_that_were_known(late: Shop) -> None:
    settings = Settings.resolve(environ=late.environ)

    def lines(time: datetime) -> set[str]:
        with contextlib.closing(late.database.connect()) as connection:
            found = explain(
                connection, settings, customer_id="c1", feature_time=time, feature="revenue_total"
            )
        assert found.agrees
        return {f"{line.file_name}:{line.line_number}" for order in found.orders for line in order.lines}

    assert lines(datetime(2025, 2, 1, tzinfo=UTC)) == {"january.csv:2", "january.csv:3"}
    assert lines(datetime(2025, 3, 1, tzinfo=UTC)) == {"february.csv:3", "february.csv:4"}


def test_features_at_an_instant_between(late: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in late.environ.items():
        monkeypatch.setenv(name, value)
    times = [datetime(2025, 2, 3, 12, tzinfo=UTC), datetime(2025, 2, 3, 12, 0, 1, tzinfo=UTC)]
    found = ready.features_at({"customer_id": ["c1", "c1", "nobody"], "feature_time": [*times, times[0]]})
    assert found.table.column("orders_total").to_pylist() == [2, 3, 0]


@pytest.mark.thorough  # the leak zoo has one
def test_a_model_that_reads_the_final_state_leaks(late: Shop) -> None:
    report = check_leakage(late.settings, late.database, cutoffs=5, say=lambda text: None)
    assert {leak.model for leak in report.leaks} == {"peeking_features"}
    assert report.unproven == {}
    assert {"customer_features", "feature_times", "clean_features"} <= set(report.rows)


def test_a_state_without_its_time_is_set_aside(late: Shop) -> None:
    assert late.rows("select order_id_raw, reason, line_number from stg.orders_rejected") == [
        ("o8", "available_at is missing", 3)
    ]


@pytest.mark.thorough  # test_incremental.py moves orders at random
def test_an_order_that_moves_to_another_customer_and_time_leaves_nothing_behind(
    built_shop: Shop, server: ConnectionParams, tmp_path: Path
) -> None:
    def tables() -> list[list[tuple[object, ...]]]:
        names = ("feats.customer_features", "feats.customer_labels")
        return [shop.rows(f"select * from {name} order by customer_id, feature_time") for name in names]

    with new_database(server) as database:
        shop = built_shop.copy(tmp_path / "shop", database)
        write(shop)
        relax(shop.project / "configs", "one_customer_per_order")
        shop.run("--data", shop.data)
        before = tables()
        moved = (
            "o2,c4,2025-04-25,5,EUR,shipped,web,2025-04-26\no9,c2,2025-03-15,1,EUR,completed,web,2025-05-16\n"
        )
        (shop.data / "moved.csv").write_text(HEADER + moved)
        shop.run("--data", shop.data)
        kept = tables()
        shop.run("--data", shop.data, "--full-refresh")
        assert kept == tables() != before


@pytest.mark.thorough  # a whole run without available_at is what most tests have
def test_the_default_is_the_orders_own_time(server: ConnectionParams, tmp_path: Path) -> None:
    with new_database(server) as database:
        warehouse = Warehouse(tmp_path, database)
        data = tmp_path / "data"
        data.mkdir()
        for name, lines in FILES.items():
            (data / name).write_text(HEADER + lines)
        configs = Path(shutil.copytree(PROJECT / "configs", tmp_path / "configs"))
        relax(configs, "one_time_per_order")
        warehouse.run("--data", data, "--configs", configs)
        assert warehouse.rows(
            "select orders_total, revenue_total from feats.customer_features "
            "where feature_time = '2025-02-01'"
        ) == [(3, Decimal(46))]
