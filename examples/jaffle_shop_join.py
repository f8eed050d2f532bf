"""The shop's two files as one: a line for each payment, with the order it pays.

    python examples/jaffle_shop_join.py FOLDER TARGET      reads raw_orders.csv and raw_payments.csv

An order that nobody paid keeps a line of its own, over 0 cents.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

COLUMNS = ("order_id", "customer_id", "order_date", "status", "payment_id", "payment_method", "cents")
UNPAID = {"id": "", "payment_method": "", "amount": "0"}


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    payments: dict[str, list[dict[str, str]]] = {}
    for payment in read(source / "raw_payments.csv"):
        payments.setdefault(payment["order_id"], []).append(payment)
    target.mkdir(parents=True, exist_ok=True)
    with (target / "jaffle_shop.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for order in read(source / "raw_orders.csv"):
            for payment in payments.pop(order["id"], [UNPAID]):
                writer.writerow(
                    [order[name] for name in ("id", "user_id", "order_date", "status")]
                    + [payment[name] for name in ("id", "payment_method", "amount")]
                )
    if payments:
        sys.exit(f"payments of orders that are not there: {', '.join(payments)}")


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


if __name__ == "__main__":
    main()
