"""The configs against the files: `ready lint --data`, and what `ready run` says before it loads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

HEADER = "order_id,customer_id,day,total,currency,status,qty\n"
# Each record is right but for those named below.
ROWS = [f'A{n},C{n % 7},{n % 28 + 1}.03.2025,"1.{n:03},50",EUR,completed,{n}\n' for n in range(300)]
ORDERS = """\
version: 2
models:
  - name: orders_mapped
    description: One row per active raw event.
    config:
      meta:
        ready:
          file: {source: orders, pattern: "*.csv"}
          columns:
            order_id: order_id
            customer_id:
              expression: |
                case when line_number = 88 then cast("order_id" as int)::text else "customer_id" end
            order_ts: {column: day, format: DD.MM.YYYY}
            amount: {column: total, decimal: ",", thousands: "."}
            currency: currency
            status: status
            channel: chanel
            quantity: {column: qty, type: number}
"""
SENSITIVE = "      - name: status\n"


@pytest.fixture(scope="module")
def shop(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Nothing is loaded. Its configs are those above, and its data two files with faults."""
    folder = tmp_path_factory.mktemp("shop")
    configs = shutil.copytree(PROJECT / "configs", folder / "configs")
    (configs / "orders.yaml").write_text(ORDERS)
    (folder / "data").mkdir()
    rows = list(ROWS)
    rows[10] = "A10,C1,32.03.2025,5,usd,Dis-patched,10\n"
    rows[20] = 'A20,C1,1.3.2025,"1,2,3",EUR,completed,2 pcs\n'
    (folder / "data/a.csv").write_text(HEADER + "".join(rows))
    (folder / "data/b.csv").write_text(HEADER.replace("qty", "chanel2") + "X1,C1,1.3.2025,7,usd,lost,web\n")
    with new_database(server) as database:
        yield Warehouse(folder, database)


def lint(shop: Warehouse, data: str = "data") -> list[dict[str, Any]]:
    done = shop.ready("lint", "--json", "--data", shop.folder / data, "--configs", shop.folder / "configs")
    assert done.returncode == 2, done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def line_of(file: Path, text: str) -> int:
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def test_all_that_does_not_fit_is_told_with_place_and_setting(shop: Warehouse) -> None:
    orders, gate = shop.folder / "configs/orders.yaml", shop.folder / "configs/expectations.yaml"
    a, b = shop.folder / "data/a.csv", shop.folder / "data/b.csv"
    not_read = "say how numbers are written: {column: ..., decimal: ..., thousands: ..., currency: ...}"
    seedless = "seeds/order_statuses.csv has no row for"
    in_set = "dbt_expectations.expect_column_values_to_be_in_set"
    expected = [
        (orders, "channel:", 'channel: no file has the CSV column "chanel"'),
        (orders, "quantity:", f'quantity: 1 of 2 file(s) have no CSV column "qty": {b}'),
        (orders, "customer_id:",
         f"customer_id: the expression fails on 1 of 301 records, first {a}:88: "
         'invalid input syntax for type integer: "A86"'),
        (orders, "order_ts:", f"order_ts: 1 of 301 texts are no time, first {a}:12: '32.03.2025'"),
        (orders, "amount:", f"amount: 1 of 301 texts are no number, first {a}:22: '1,2,3'"),
        (orders, "quantity:", f"quantity: 1 of 300 texts are no number, first {a}:22: '2 pcs'"),
        (orders, "status:",
         f"status: {seedless} 'dispatched' (1 record, first {a}:12): such orders are no purchases"),
        (gate, "[EUR]", f"{in_set} on currency does not accept 'USD' (2 records, first {a}:12)"),
        (gate, "[completed,", f"accepted_values on status does not accept 'lost' (1 record, first {b}:2)"),
    ]  # fmt: skip
    told = lint(shop)
    found = {(f["file"], f["line"], f["message"]) for f in told}
    for file, setting, message in expected:
        assert (str(file), line_of(file, setting), message) in found, (message, found)
    hints = {f["message"].split(":")[0]: f["hint"] for f in told if "no number" in f["message"]}
    assert hints == {"amount": not_read, "quantity": not_read}
    near = next(f["hint"] for f in told if "chanel" in f["message"])
    assert near == 'did you mean "chanel2"?'
    assert shop.value("select count(*) from raw.loads") == 0


def test_a_value_that_is_sensitive_is_not_shown(shop: Warehouse) -> None:
    gate = shop.folder / "configs/expectations.yaml"
    text = gate.read_text()
    gate.write_text(text.replace(SENSITIVE, f"{SENSITIVE}        meta: {{ready: {{sensitive: true}}}}\n", 1))
    try:
        told = json.dumps(lint(shop))
    finally:
        gate.write_text(text)
    assert "does not accept *** (2 records" in told
    assert "lost" not in told
    assert "dispatched" not in told


def test_a_run_stops_before_it_loads_where_every_record_would_fail(shop: Warehouse) -> None:
    configs = shutil.copytree(shop.folder / "configs", shop.folder / "us")
    text = (
        (configs / "orders.yaml").read_text().replace("DD.MM.YYYY", "MM/DD/YYYY").replace("chanel", "chanel2")
    )
    (configs / "orders.yaml").write_text(text)
    done = shop.ready("run", "--data", shop.folder / "data", "--configs", configs)
    assert done.returncode == 2, done.stdout + done.stderr
    line = line_of(configs / "orders.yaml", "order_ts:")
    assert f"orders.yaml:{line}: order_ts: 301 of 301 texts are no time, first " in done.stderr
    assert "say how times are written: {column: ..., format: ...}" in done.stderr
    assert shop.value("select count(*) from raw.loads") == 0


def test_a_run_tells_names_that_no_file_has_before_it_loads(shop: Warehouse) -> None:
    configs = shop.folder / "configs"
    done = shop.ready("run", "--data", shop.folder / "data", "--configs", configs)
    assert done.returncode == 2
    assert 'maps channel to the CSV column "chanel", which no file has' in done.stderr
    assert shop.value("select count(*) from raw.loads") == 0


def test_a_run_reads_three_files_and_tells_of_others_and_of_rules_that_find_nothing(
    server: ConnectionParams, tmp_path: Path
) -> None:
    configs = Path(shutil.copytree(PROJECT / "configs", tmp_path / "configs"))
    (configs / "stray.py").write_text("import os\n")
    (configs / "stray.sql").write_text("select 1 as stray\n")
    features, gate = configs / "features.yaml", configs / "expectations.yaml"
    features.write_text(features.read_text().replace("# embargo: 30", "embargo: 7", 1))
    gate.write_text(
        gate.read_text().replace("{min_value: 0}", "{min_value: 0, row_condition: \"status <> 'Lost'\"}", 1)
    )
    with new_database(server) as database:
        warehouse = Warehouse(tmp_path, database)
        done = warehouse.run("--configs", configs)
        assert warehouse.value(
            "select to_regclass('public.stray') is null and to_regclass('stg.stray') is null"
        )
    told = (
        "stray.py:1: is not read: of a configs folder only",
        "stray.sql:1: is not read: of a configs folder only",
        "embargo: 7 days are less than the label's horizon of 30",
        "row_condition: status is lower case without hyphens, so it is never 'Lost'; write lost",
    )
    page = (warehouse.artifacts / "reports/index.html").read_text()
    for text in told:
        assert text in done.stdout
        assert any(text in warning for warning in warehouse.report["warnings"])
    assert "labels of a split reach into the next one" in page
