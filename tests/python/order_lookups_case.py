"""Orders, their states and lines that look up what their page was: files, configs, what the oracle says."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import yaml
from oracle import Definition, Features, Key, customer_features
from oracle_events import State, known_at, read_pages
from oracle_lines import Line, features_of, orders_of, standing_lines
from oracle_orders import Order, as_known
from proof_case import Shop
from source_case import BEGIN, PAGES, lay_out_pages, write_yaml

CUSTOMERS = [f"C{number:02}" for number in range(25)]
# The oracle of lines has columns of these names.
LOOKUPS = {
    "category": {"from": "pages", "key": "page", "column": "topic"},
    "quantity": {"from": "pages", "key": "page", "column": "price"},
}
DEFINITION = Definition(
    windows=(7, 60),
    aggregations={
        "orders": "count",
        "revenue": "sum of amount",
        "categories": "count_distinct of category",
        "last_category": "latest of category",
        "quantity": "sum of quantity",
        "avg_quantity": "avg of quantity",
        "most_quantity": "max of quantity",
        "of": {"rule": "count", "by": "category", "values": ["news", "shop"]},
        "revenue_of": {"rule": "sum of amount", "by": "category", "values": ["shop"]},
    },
    totals=("orders", "quantity", "last_category", "avg_quantity"),
)
GRAINS = ("order", "state", "line")
HEADER = ("order_id", "line", "customer_id", "order_ts", "amount", "status", "channel", "page", "updated_at")
TIMES = ("order_ts", "updated_at")


def lay_out(shop: Shop, grain: str) -> None:
    """The project with these look-ups, without files."""
    shop.lay_out()
    columns = {name: name for name in HEADER if name not in ("line", "updated_at")}
    columns |= {"available_at": "updated_at"} if grain == "state" else {}
    columns |= {"line_id": "line"} if grain == "line" else {}
    meta = {"ready_columns": columns, "ready_grain": "order_line" if grain == "line" else "order"}
    models = [
        {"name": "orders_mapped", "config": {"meta": meta}},
        {"name": "order_lookups", "config": {"meta": {"ready_lookup": LOOKUPS}}},
    ]
    write_yaml(shop.project / "configs/orders.yaml", {"version": 2, "models": models})
    features = shop.project / "configs/features.yaml"
    document = yaml.safe_load(features.read_text())
    document["models"][0]["config"]["meta"] = {
        "ready_windows": list(DEFINITION.windows),
        "ready_aggregations": dict(DEFINITION.aggregations),
        "ready_totals": list(DEFINITION.totals),
    }
    write_yaml(features, document)
    gate = yaml.safe_load((shop.project / "configs/expectations.yaml").read_text())
    gate["models"][0]["data_tests"], gate["models"][0]["columns"] = [], []
    write_yaml(shop.project / "configs/expectations.yaml", gate)
    lay_out_pages(shop)
    for file in shop.data.iterdir():
        file.unlink()


def write_orders(file: Path, grain: str, *, seed: int, ids: range) -> None:
    """Orders at midnights as many states of pages, late ones, and states with other pages and times."""
    random = Random(seed)
    rows: list[dict[str, Any]] = []
    for number in ids:
        at = BEGIN + timedelta(days=random.randrange(500), hours=random.choice([0, 0, 7, 13]))
        row = {
            "order_id": f"O{number:04}",
            "line": "1",
            "customer_id": random.choice(CUSTOMERS),
            "order_ts": at,
            "amount": f"{random.randrange(1, 900)}.{number % 100:02}",
            "status": random.choice(["completed", "completed", "shipped", "cancelled"]),
            "channel": "web",
            "page": random.choice([*PAGES, ""]),
            "updated_at": at + timedelta(hours=random.choice([0, 0, 30, -3])),
        }
        rows.append(row)
        if grain == "line":
            rows += [
                {
                    **row,
                    "line": str(line),
                    "page": random.choice(PAGES),
                    "order_ts": at + timedelta(days=line),
                }
                for line in range(2, random.choice([2, 3, 4]))
            ]
        elif grain == "state" and number % 3 == 0:
            known = row["updated_at"] + timedelta(days=random.choice([1, 20, 70]))
            moved = at - timedelta(days=random.choice([0, 0, 9]))
            rows.append({**row, "page": random.choice(PAGES), "order_ts": moved, "updated_at": known})
    write_rows(file, [{**row, **{name: row[name].isoformat() for name in TIMES}} for row in rows])


def write_corrections(file: Path, of: Path) -> None:
    """Adds some rows of another file with another page and amount, known much later."""
    (rows, corrected) = read([file, of])
    for row in corrected[::15]:
        known = datetime.fromisoformat(row["updated_at"]) + timedelta(days=100)
        other = {"page": PAGES[2], "amount": "77.07", "updated_at": known.isoformat()}
        rows.append({**row, **other})
    write_rows(file, rows)


def write_rows(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, HEADER, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(files: Sequence[Path]) -> list[list[dict[str, str]]]:
    return [list(csv.DictReader(file.open(encoding="utf-8"))) for file in files]


def looked_up(row: dict[str, str], states: dict[str, list[State]]) -> dict[str, Any]:
    known = known_at(states.get(row["page"], []), datetime.fromisoformat(row["order_ts"]))
    return {name: known.values[entry["column"]] if known else None for name, entry in LOOKUPS.items()}


def wanted(grain: str, orders: Sequence[Path], pages: Sequence[Path]) -> dict[Key, Features]:
    """What the oracle makes of the files, each row with what was known of its page."""
    states = read_pages(pages)
    if grain == "line":
        loads = [
            [line_of(row, states, (load, number)) for number, row in enumerate(rows)]
            for load, rows in enumerate(read(orders))
        ]
        lines = standing_lines(loads, "line_id", status_of_line=False)
        return features_of(lines, orders_of(lines), DEFINITION)
    found = [order_of(row, states, grain) for rows in read(orders) for row in rows]
    if grain == "order":
        return customer_features(list({order.order_id: order for order in found}.values()), DEFINITION)
    return customer_features(as_known(found), DEFINITION, found)


def order_of(row: dict[str, str], states: dict[str, list[State]], grain: str) -> Order:
    return Order(
        row["order_id"],
        row["customer_id"],
        datetime.fromisoformat(row["order_ts"]),
        Decimal(row["amount"]),
        row["status"],
        extras=looked_up(row, states),
        available_at=datetime.fromisoformat(row["updated_at"]) if grain == "state" else None,
        has_status=True,
    )


def line_of(row: dict[str, str], states: dict[str, list[State]], place: tuple[int, int]) -> Line:
    return Line(
        row["order_id"],
        row["line"],
        row["customer_id"],
        datetime.fromisoformat(row["order_ts"]),
        Decimal(row["amount"]),
        row["status"],
        row["channel"],
        place=place,
        content=tuple(row.values()),
        **looked_up(row, states),
    )
