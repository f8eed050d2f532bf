"""Expressions and the filter of orders.yaml: what raises on a record is counted, and stops no build."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import yaml
from warehouse import Warehouse

from ready.postgres.connection import ConnectionParams

HEADER = "Type,Order,Buyer,Sale Date,Total\n"
JANUARY = [
    "Order,1,7,05-Jan-24,\"$1,867.50\"",
    "Order,2,8,n/a,$62.25",
    "Order,3,x,07-Jan-24,$1.00",
    "Fee,4,9,08-Jan-24,$0.30",
    "Order,5,9,09-Jan-24,(2.50)",
    "Order,6,0,10-Jan-24,$3.00",
    "Fee,9,0,11-Jan-24,$1.00",
]  # fmt: skip
FEBRUARY = ["Order,7,7,01-Feb-24,$1.00", "Payout,8,7,02-Feb-24,$9.00"]
MAPPING = {
    "rows": '"Type" = \'Order\' or 1 / "Buyer"::int = 7',
    "timezone": "America/New_York",
    "columns": {
        "order_id": "Order",
        "customer_id": {"expression": '100 / "Buyer"::int'},
        "order_ts": {
            "expression": "coalesce(time(\"Sale Date\", 'DD-Mon-YY'), to_date(\"Sale Date\", 'DD-Mon-YY'))"
        },
        "amount": {"column": "Total", "thousands": ",", "currency": "$"},
        "label": {"expression": "case when \"Buyer\"::int > 8 then 'big' end"},
    },
}
META = {
    "customer_features": {"windows": [30]},
    "customer_labels": {"horizon": 7},
}


def write_configs(folder: Path) -> Path:
    folder.mkdir()
    gate = {"name": "orders_parsed", "columns": [{"name": "order_ts", "data_tests": ["valid_timestamp"]}]}
    features = [{"name": name, "config": {"meta": {"ready": meta}}} for name, meta in META.items()]
    for name, models in {
        "orders": [{"name": "orders_mapped", "config": {"meta": {"ready": MAPPING}}}],
        "expectations": [gate],
        "features": features,
    }.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"version": 2, "models": models}))
    return folder


def test_what_raises_is_invalid_on_its_record_alone(database: ConnectionParams, tmp_path: Path) -> None:
    shop = Warehouse(tmp_path, database)
    configs, data = write_configs(tmp_path / "configs"), tmp_path / "data"
    data.mkdir()
    (data / "a.csv").write_text(HEADER + "\n".join(JANUARY) + "\n")
    done = shop.ready("run", "--data", data, "--configs", configs)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "rows: left out 1 of 7 record(s)" in done.stdout
    assert shop.report["run"]["rows_left_out"] == 1
    told = [text.split(", such")[0].split(". Mend")[0] for text in shop.report["errors"]]
    assert sorted(told) == [
        "customer_id has 3 record(s) on which its expression fails",
        "label has 1 record(s) on which its expression fails",
        "order_ts has 1 invalid timestamp(s)",
        "rows has 1 record(s) on which its expression fails",
    ]
    (check,) = (c for c in shop.report["checks"] if c["name"] == "expressions_give_values")
    assert {(s["line"], s["value"].split("\n")[0]) for s in check["sample"]} == {
        (4, 'customer_id: invalid input syntax for type integer: "x"'),
        (7, "customer_id: division by zero"),
        (8, "customer_id: division by zero"),
    }
    columns = "order_id, customer_id, customer_id_raw, order_ts, order_ts_raw, amount, label"
    assert shop.rows(f"select {columns} from stg.orders_parsed order by line_number") == [
        ("1", "14", "14", in_new_york(5), "05-Jan-24", 1867.5, None),
        ("2", "12", "12", None, "n/a", 62.25, None),
        ("3", None, "x", in_new_york(7), "07-Jan-24", 1, None),
        ("5", "11", "11", in_new_york(9), "09-Jan-24", -2.5, "big"),
        ("6", None, "0", in_new_york(10), "10-Jan-24", 3, None),
        ("9", None, "0", in_new_york(11), "11-Jan-24", 1, None),
    ]

    mended = [JANUARY[0], JANUARY[1].replace("n/a", "06-Jan-24"), JANUARY[2].replace("x", "1"), *JANUARY[3:5]]
    (data / "a.csv").write_text(HEADER + "\n".join(mended) + "\n")
    shop.run("--data", data, "--configs", configs)
    (data / "b.csv").write_text(HEADER + "\n".join(FEBRUARY) + "\n")
    done = shop.run("--data", data, "--configs", configs)
    assert "rows: left out 2 of 7 record(s)" in done.stdout
    kept = shop.rows("select order_id from stg.orders order by order_id")
    assert kept == [("1",), ("2",), ("3",), ("5",), ("7",)]
    assert shop.value("select count(*) from stg.orders_rejected") == 0
    functions = (
        "select count(*) from pg_proc where pronamespace = 'stg'::regnamespace and proname ~ '^expression_'"
    )
    assert shop.value(functions) == 4


def in_new_york(day: int) -> datetime:
    return datetime(2024, 1, day, 5, tzinfo=timezone.utc)
