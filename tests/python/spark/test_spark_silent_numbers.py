"""What the gate tells of numbers that would be wrong in silence is the same on both engines."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from warehouse import Warehouse

from ready.postgres.connection import ConnectionParams
from ready.spark.connection import SparkParams

PROJECT = Path(__file__).parents[3]
OnSpark = Callable[..., "subprocess.CompletedProcess[str]"]
COLUMNS: dict[str, Any] = {
    "order_id": {"expression": "file_name || '-' || \"id\""},
    "customer_id": "customer",
    "order_ts": {"expression": '"date" || \' \' || "time"', "format": "YYYY-MM-DD HH24:MI"},
    "amount": {"expression": "replace(replace(\"amount\", '$', ''), '€', '')"},
}
OF_ORDERS = (
    "come again in one file",
    "another file too",
    "guests",
    "local time(s)",
    "2 currencies",
    "no answer",
)


@pytest.mark.thorough
def test_the_same_is_told_of_numbers_that_would_be_wrong(
    warehouse: SparkParams, on_spark: OnSpark, database: ConnectionParams, tmp_path: Path
) -> None:
    data, configs = tmp_path / "data", tmp_path / "configs"
    data.mkdir()
    shutil.copytree(PROJECT / "configs", configs)
    rows = [
        f"R{n},{'guest' if n == 3 else f'C{n % 5}'},2024-10-{n % 28 + 1:02},02:30,{'$€'[n % 2]}{n}.50,"
        + "x" * (n % 9)
        for n in range(410)
    ]
    rows[50:50] = ["R49,C4,2024-10-22,02:30,$1.00,x", "R40,C0,2024-10-13,02:30,$1.00,x,of R40"]
    header = "id,customer,date,time,amount,kind"
    for name, part in (("a", rows[:300]), ("b", rows[280:])):
        (data / f"{name}.csv").write_text("\n".join([header, *part]) + "\n", encoding="utf-8")
    (configs / "expectations.yaml").write_text(json.dumps({"models": [{"name": "orders_parsed"}]}))
    postgres = Warehouse(tmp_path / "postgres", database)

    def told(**mapping: Any) -> tuple[list[str], list[str]]:
        """Errors and warnings, once both engines have told the same."""
        meta = {"file": {"source": "orders", "pattern": "*.csv"}, "columns": COLUMNS, **mapping}
        model = {"name": "orders_mapped", "config": {"meta": {"ready": meta}}}
        (configs / "orders.yaml").write_text(json.dumps({"models": [model]}))
        postgres.ready("run", "--data", data, "--configs", configs)
        done = on_spark("run", "--target", "spark", "--data", str(data), "--configs", str(configs))
        path = tmp_path / "artifacts/reports/validation_report.json"
        assert path.exists(), done.stdout + done.stderr
        report = json.loads(path.read_text())
        assert report["errors"] == postgres.report["errors"]
        assert report["warnings"] == postgres.report["warnings"]
        return report["errors"], report["warnings"]

    errors, warnings = told(timezone="Europe/Berlin", rows="\"kind\" <> 'xx'")
    for words in OF_ORDERS:
        assert [text for text in (*errors, *warnings) if words in text], words

    plain = {**COLUMNS, "order_id": "id", "amount": {"column": "amount", "currency": ["$", "USD"]}}
    errors, _ = told(grain="order_line", columns=plain, lines_over_files="latest")
    assert [text for text in errors if text.startswith("1 order(s) lack a line that could not be read")]
