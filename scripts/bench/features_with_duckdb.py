"""features_by_hand.sql in DuckDB. For bench_features.py, in a virtual environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from worker import serve

# Rounded half up to 6 decimals, as the project does it; cents in, so 10,000 millionths each.
AVERAGE = """
create or replace macro average(cents, n) as
    cast(
        cast((20000 * cents + n) // (2 * nullif(n, 0)) as bigint) * cast(0.000001 as decimal(6, 6))
        as decimal(38, 6)
    )
"""
COLUMNS = {
    "customer_id": "varchar",
    "order_ts": "timestamp",
    "amount": "decimal(18, 6)",
    "is_purchase": "boolean",
}
FINGERPRINT = """
select count(*), cast(sum(cast('0x' || left(md5(line), 15) as bigint)) as varchar)
from (select {line} as line from features_and_label)
"""


def main() -> None:
    orders, threads = sys.argv[1:]
    connection = duckdb.connect(str(Path(orders).with_suffix(".duckdb")), config={"threads": threads})
    connection.execute(f"create table orders as from read_csv(?, columns = {COLUMNS})", [orders])
    connection.execute(AVERAGE)
    connection.execute("checkpoint")
    build = Path(__file__).with_name("features_by_hand.sql").read_text(encoding="utf-8")

    def run(line: str | None = None) -> list[object]:
        """Builds the table; with an expression for a row's text, its fingerprint instead."""
        done = connection.execute(FINGERPRINT.format(line=line) if line else build).fetchone()
        return list(done or ())

    serve(run)


if __name__ == "__main__":
    main()
