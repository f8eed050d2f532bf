"""features_by_hand.sql and sources_by_hand.sql in DuckDB, for bench_sources.py: in its own environment."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from features_with_duckdb import AVERAGE, COLUMNS
from worker import serve

FINGERPRINT = """
select count(*), cast(sum(cast('0x' || left(md5(line), 15) as bigint)) as varchar)
from (
    select {line} as line from features_and_label
    inner join visits_features using (customer_id, feature_time)
    inner join members_features using (customer_id, feature_time)
)
"""
TABLES = {
    "orders": COLUMNS,
    "visits": {
        "customer_id": "varchar", "visited_at": "timestamp", "page": "varchar", "minutes": "decimal(18, 6)",
    },
    "members": {
        "customer_id": "varchar", "since": "timestamp", "segment": "varchar", "newsletter": "varchar",
    },
}  # fmt: skip


def main() -> None:
    folder, threads = Path(sys.argv[1]), sys.argv[2]
    connection = duckdb.connect(str(folder / "sources.duckdb"), config={"threads": threads})
    for name, columns in TABLES.items():
        file = str(folder / f"{name}_for_duckdb.csv")
        own = (
            "*, cast(1 as bigint) << cast(substr(page, 6) as bigint) as page_bit" if name == "visits" else "*"
        )
        connection.execute(
            f"create table {name} as select {own} from read_csv(?, columns = {columns})", [file]
        )
    connection.execute(AVERAGE)
    connection.execute("checkpoint")
    here = Path(__file__).parent
    build = [(here / f"{name}_by_hand.sql").read_text(encoding="utf-8") for name in ("features", "sources")]

    def run(line: str | None = None) -> list[object]:
        """Builds the tables; with an expression for a row's text, their fingerprint instead."""
        if line is None:
            for statements in build:
                connection.execute(statements)
            return []
        return list(connection.execute(FINGERPRINT.format(line=line)).fetchone() or ())

    serve(run)


if __name__ == "__main__":
    main()
