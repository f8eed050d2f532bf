"""A shop's order lines as files hold them: every line has few contents, so that files overlap in them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import yaml
from conftest import PROJECT
from hypothesis import strategies as st
from oracle import Definition
from oracle_lines import GAINED
from oracle_orders import UTC

HEADER = ("order_id", "line", "customer_id", "order_ts", "amount", "status", "channel", "category", "qty")
ORDERS, CUSTOMERS, LINES, VERSIONS = 90, 9, 4, 3
START = datetime(2024, 1, 1, tzinfo=UTC)
# After its order was placed; the last ones are refunds of a later month.
LATER = [timedelta(0), timedelta(0), timedelta(microseconds=1), timedelta(days=3), timedelta(days=7)]
REFUNDED = [timedelta(days=45), timedelta(days=75), timedelta(microseconds=1)]

AGGREGATIONS: dict[str, Any] = {
    "orders": "count",
    "revenue": "sum of amount",
    "avg_order": "avg of amount",
    "least": "min of amount",
    "most": "max of amount",
    "spread": "stddev of amount",
    "typical": "median of amount",
    "large_pieces": "quantile 0.75 of quantity",
    "typical_of": {"rule": "median of amount", "by": "category", "values": ["books"]},
    "pieces": "sum of quantity",
    "avg_pieces": "avg of quantity",
    "lines_of_order": "avg of line_count",
    "categories": "count_distinct of category",
    "in_category": {"rule": "count", "by": "category", "values": ["books", "Toys"]},
    "revenue_of": {"rule": "sum of amount", "by": "category", "values": ["books", "Toys"]},
    "avg_of": {"rule": "avg of amount", "by": "category", "values": ["books"]},
    "spread_of": {"rule": "stddev of quantity", "by": "category", "values": ["Toys"]},
    "orders_via": {"rule": "count", "by": "channel", "values": ["web", "app"]},
    "revenue_via": {"rule": "sum of amount", "by": "channel", "values": ["web"]},
    "avg_via": {"rule": "avg of amount", "by": "channel", "values": ["web"]},
    "last_category": "latest of category",
    "usual_category": "mode of category",
    "first_channel": "first of channel",
    "usual_channel": "mode of channel",
    "last_channel_of": {"rule": "latest of channel", "by": "category", "values": ["books"]},
    "first_category_via": {"rule": "first of category", "by": "channel", "values": ["web"]},
}
TOTALS = (
    "orders",
    "revenue",
    "avg_order",
    "least",
    "most",
    "typical",
    "avg_pieces",
    "usual_category",
    "first_channel",
)
RATIOS = {"books": "revenue_of_books_14d / revenue_14d", "lately": "avg_order_14d / avg_order_total"}
DEFINITIONS = {
    "line_id": Definition(
        windows=(7, 30), every="week", horizon=14, active_within=60, aggregations=AGGREGATIONS, totals=TOTALS,
        label=("gone", "no purchase"),
        more_labels={
            "typical": {"rule": "avg of amount", "horizon": 30}, "categories": "count_distinct of category"
        },
    ),
    "sum": Definition(
        windows=(14,), every="order", horizon=14, aggregations=AGGREGATIONS, totals=TOTALS,
        label=("typical", "avg of amount"), nth_last=(2, 4), ratios=RATIOS,
    ),
}  # fmt: skip


@dataclass(frozen=True, order=True)
class LineDrawn:
    """A line of an order in one of its versions; the last version of some has no customer."""

    order: int
    line: int
    version: int

    @property
    def coupon(self) -> str:
        return "SPRING" if self.version else ""

    @property
    def texts(self) -> tuple[str, ...]:
        chance = Random(f"{self.order} {self.line} {self.version}")
        of_order = Random(self.order)
        placed = START + timedelta(days=of_order.randrange(90), hours=of_order.choice([0, 0, 13]))
        refund = self.line == LINES - 1
        amount = f"{chance.randrange(1, 5000) / 100:.2f}"
        faulty = self.version == VERSIONS - 1 and chance.random() < 0.4
        customer = f"c{self.order % CUSTOMERS}"
        return (
            f"o{self.order}",
            str(self.line),
            "" if faulty else f"c{(self.order + 1) % CUSTOMERS}" if chance.random() < 0.03 else customer,
            (placed + chance.choice(REFUNDED if refund else LATER)).isoformat(),
            f"-{amount}" if refund else amount,
            chance.choice(["completed", "completed", "shipped", "returned"]),
            of_order.choice(["web", "app"]) if chance.random() < 0.9 else "phone",
            chance.choice(["books", "Toys", "", "garden"]),
            chance.choice(["1", "2.5", "", "3"]),
        )


def lines(*, versions: int = VERSIONS, repeated: bool = False) -> st.SearchStrategy[list[LineDrawn]]:
    """A file's lines. repeated: whether one may stand there twice."""
    return st.builds(
        lambda seed, number: _drawn(Random(seed), number, versions, repeated),
        st.integers(0, 2**32),
        st.integers(60, 120),
    )


def _drawn(chance: Random, number: int, versions: int, repeated: bool) -> list[LineDrawn]:
    """Half of the lines are of a third of the orders, so that files meet in them."""
    found = []
    for _ in range(number):
        order = chance.randrange(chance.choice([ORDERS, ORDERS // 3]))
        version = chance.choice([0] * 5 + list(range(versions)))
        found.append(LineDrawn(order, chance.randrange(LINES), version))
    return found if repeated else list({(line.order, line.line): line for line in found}.values())


def write_file(path: Path, drawn: Iterable[LineDrawn], *, delivery: int) -> None:
    """The file; a record that no order has makes its bytes other than an earlier delivery's.

    Every second one has a column more, which no line is told by.
    """
    more = delivery % 2
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADER, *[GAINED] * more])
        writer.writerows([*line.texts, *[line.coupon] * more] for line in drawn)
        writer.writerow(["", f"delivery {delivery}", *[""] * (len(HEADER) + more - 2)])


def write_configs(folder: Path, definition: Definition, *, identity: str, status_of_line: bool) -> None:
    """identity: line_id, sum or latest, or empty where the gate shall decide."""
    folder.mkdir()
    columns: dict[str, Any] = {name: name for name in HEADER if name not in ("line", "qty")}
    columns["quantity"] = {"column": "qty", "type": "number"}
    if status_of_line:
        columns["status"] = {"column": "status", "of": "line"}
    if identity == "line_id":
        columns["line_id"] = "line"
    mapping: dict[str, Any] = {
        "grain": "order_line",
        "file": {"max_shrink": "100%"},  # files lose lines to others, and are withdrawn but for one
        "columns": columns,
    }
    if identity in ("sum", "latest"):
        mapping["lines_over_files"] = identity
    times = {"every": definition.every, "active_within": definition.active_within}
    features = {
        "feature_times": {name: value for name, value in times.items() if value},
        "windows": list(definition.windows),
        "aggregations": dict(definition.aggregations),
        "totals": list(definition.totals),
        "days_since_nth_last_order": list(definition.nth_last),
        "ratios": dict(definition.ratios),
    }
    labels = {"horizon": definition.horizon, "label": definition.label_rules}
    models: dict[str, dict[str, Any]] = {
        "orders": {"orders_mapped": mapping},
        "features": {"customer_features": features, "customer_labels": labels, "customer_training_set": {}},
    }
    for file, metas in models.items():
        described = [{"name": name, "config": {"meta": {"ready": meta}}} for name, meta in metas.items()]
        (folder / f"{file}.yaml").write_text(yaml.safe_dump({"version": 2, "models": described}))
    # The customers and states of lines differ on purpose, to see which one counts.
    rules = sorted(file.stem for file in (PROJECT / "tests" / "dbt" / "gate").glob("*.sql"))
    relaxed = {name: {"severity": "warn"} for name in rules if name != "lines_are_decided"}
    gate = {
        "name": "orders_parsed",
        "config": {"meta": {"ready": {"default_rules": relaxed}}},
        "columns": [{"name": "amount", "data_tests": ["valid_number"]}],
    }
    (folder / "expectations.yaml").write_text(yaml.safe_dump({"version": 2, "models": [gate]}))
