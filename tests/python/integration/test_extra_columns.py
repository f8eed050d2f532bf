"""Columns of one's own, all the way: typed, in the gate, in stg.orders and in features."""

from __future__ import annotations

import json
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import yaml
from conftest import RunReady

from ready.postgres.connection import ConnectionParams

# Lines of orders whose prices went through a float; one quantity is none.
LINES = """no,who,day,price,pieces,Weight,Land
o1,c1,2025-01-05,12.299999999999999,2,"1,5",de
o1,c1,2025-01-05,0.1,3,"2.000,25",at
o2,c1,2025-01-20,5.551115123125783e-17,1,heavy,
o3,c2,2025-03-20,2.005,1,,fr
"""

META = {
    "orders_mapped": {
        "grain": "order_line",
        "columns": {
            "order_id": "no",
            "customer_id": "who",
            "order_ts": "day",
            "amount": {"expression": 'number("pieces") * number("price")', "round": 2},
            "weight": {"column": "Weight", "type": "number", "decimal": ",", "thousands": "."},
            "pieces": {"column": "pieces", "type": "number"},
            "country": "Land",
        },
    },
    "customer_features": {
        "windows": [30],
        "aggregations": {
            "pieces": "sum of pieces",
            "weight": "avg of weight",
            "orders_to": {"rule": "count", "by": "country", "values": ["de", "at"]},
        },
        "totals": ["pieces", "weight"],
    },
    "customer_labels": {"horizon": 30, "label": {"gone": "no purchase"}},
}


def write(folder: Path) -> tuple[Path, Path]:
    data, configs = folder / "data", folder / "configs"
    data.mkdir()
    configs.mkdir()
    (data / "lines.csv").write_text(LINES)
    weight = {"name": "weight", "data_tests": [{"valid_number": {"config": {"severity": "warn"}}}]}
    models = {
        "orders": [described("orders_mapped")],
        "features": [described("customer_features"), described("customer_labels")],
        "expectations": [{"name": "orders_parsed", "columns": [weight]}],
    }
    for name, content in models.items():
        (configs / f"{name}.yaml").write_text(yaml.safe_dump({"version": 2, "models": content}))
    return data, configs


def described(model: str) -> dict[str, object]:
    return {"name": model, "config": {"meta": {"ready": META[model]}}}


def test_extra_columns_go_all_the_way(
    database: ConnectionParams, run_ready: RunReady, tmp_path: Path
) -> None:
    data, configs = write(tmp_path)
    run = run_ready("run", "--data", data, "--configs", configs, "--artifacts", tmp_path, database=database)
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((tmp_path / "reports" / "validation_report.json").read_text())
    assert "weight has 1 non-numeric value(s)" in report["warnings"]
    with closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("select order_id, amount, weight, pieces, country from stg.orders order by order_id")
        assert cursor.fetchall() == [
            ("o1", Decimal("24.90"), Decimal("2001.75"), 5, "de"),
            ("o2", Decimal("0.00"), None, 1, None),
            ("o3", Decimal("2.01"), None, 1, "fr"),
        ]
        cursor.execute(
            "select to_char(feature_time at time zone 'UTC', 'MM'), pieces_30d, weight_30d, orders_to_de_30d,"
            " orders_to_at_30d, pieces_total, weight_total, label_gone_next_30d"
            " from feats.customer_training_set where customer_id = 'c1' order by feature_time"
        )
        assert cursor.fetchall() == [
            ("02", 6, Decimal("2001.75"), 1, 1, 6, Decimal("2001.75"), True),
            ("03", 0, None, 0, 0, 6, Decimal("2001.75"), None),
            ("04", 0, None, 0, 0, 6, Decimal("2001.75"), None),
        ]
