"""How fast the features are: against DuckDB, Feast, and an incremental run against a full one.

DuckDB and Feast are installed into virtual environments of their own. Orders of 33 months with 21 a customer,
monthly feature times, windows of 7, 30 and 90 days, a label of 30.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from compare import Ratio, Timed, Way, measure, summary
from memory import tree
from peers import peer_python
from report import publish
from scratch import Scratch, arguments, scratch
from worker import Worker

DUCKDB = ("duckdb>=1.4,<3",)
FEAST = ("feast[postgres]>=0.67,<0.68",)
MONTHS = "33"
SPINE_ROWS = 100_000
THREADS = "2"

OURS, BY_HAND = "ours, customer_purchases to labels", "DuckDB by hand"
AT, FEAST_AT = "ours, from the orders", "Feast, precomputed features"
NEW, FULL = "ours, 1% new orders", "ours, --full-refresh"

MEASURES = ("orders", "revenue", "avg_order_value", "max_order_value")
FEATURES = [f"{name}_{days}d" for days in (7, 30, 90) for name in MEASURES]
FEATURES += ["orders_total", "revenue_total", "days_since_last_order", "days_since_first_order"]
# A row as text, alike in both engines but for the month.
LINE = (
    "concat_ws('|', customer_id, {month}, "
    + ", ".join(f"coalesce(cast({name} as varchar), '-')" for name in [*FEATURES, "label_revenue_next_30d"])
    + ")"
)
FINGERPRINT = f"""
select count(*), cast(sum(cast(cast('x' || left(md5(line), 15) as bit(60)) as bigint)) as varchar)
from (
    select {LINE.format(month="to_char(feature_time at time zone 'UTC', 'YYYY-MM-DD')")} as line
    from feats.customer_features__candidate
    inner join feats.customer_labels__candidate using (customer_id, feature_time)
) as lines
"""


def main() -> None:
    options = arguments(__doc__, rows=200_000)
    for name, packages in (("duckdb", DUCKDB), ("feast", FEAST)):
        peer_python(name, *packages)  # what fails for want of a network should fail at once
    with scratch() as place, ExitStack() as stack:
        orders = place.orders("data", options.rows, "--months", MONTHS)
        place.python("-m", "ready", "run", "--data", str(orders.parent))
        bench = Bench(place, stack, options.rows, options.rounds)
        compared = [bench.build(), bench.at(), bench.incremental()]
    publish("features", compared)


class Bench:
    """The three comparisons, on one database that holds everything `ready run` leaves."""

    def __init__(self, place: Scratch, stack: ExitStack, rows: int, rounds: int) -> None:
        self.place = place
        self.stack = stack
        self.rows = rows
        self.rounds = rounds
        self.dbt = self.place.worker(self.stack, sys.executable, "with_dbt.py")

    def build(self) -> dict[str, Any]:
        """Features and labels from stg.orders, which both have as a table of their own."""
        select = ["--select", "feature_times", "customer_purchases", "customer_features", "customer_labels"]
        duckdb = self._duckdb()
        self.dbt.run("run", "--full-refresh", *select)
        duckdb.run()
        ours, theirs = list(self.place.execute(FINGERPRINT)[0]), duckdb.run(duckdb_line())
        if ours != theirs:
            sys.exit(f"ours {ours} and DuckDB's {theirs} differ, so nothing is timed")
        ways = {
            OURS: self._way(self.dbt, "run", "--full-refresh", *select),
            BY_HAND: self._way(duckdb),
        }
        ratios = {"ours / DuckDB": Ratio(OURS, BY_HAND, 1.5)}
        rounds = measure(ways, self.rounds, server=self.place.server)
        return summary("full build of features and labels", self.rows, rounds, ratios)

    def _duckdb(self) -> Worker:
        file = self.place.folder / "duckdb.csv"
        columns = "customer_id, order_ts at time zone 'UTC' as order_ts, amount, is_purchase"
        self.place.copy_out(f"select {columns} from stg.orders", file)
        return self.place.worker(
            self.stack, peer_python("duckdb", *DUCKDB), "features_with_duckdb.py", str(file), THREADS
        )

    def at(self) -> dict[str, Any]:
        """Rows at the calendar's own times: only there do precomputed features hold what the orders say."""
        spine = self.place.folder / "spine.csv"
        rows = min(SPINE_ROWS, self.rows // 10)
        self.place.copy_out(
            "select customer_id, to_char(feature_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00:00') "
            "as event_timestamp from feats.customer_features "
            f"order by md5(customer_id || feature_time) limit {rows}",
            spine,
        )
        ours = self.place.worker(
            self.stack, sys.executable, "features_at_with_ready.py", str(spine), *FEATURES
        )
        folder = self.place.folder / "feast"
        folder.mkdir()
        feast = self.place.worker(
            self.stack,
            peer_python("feast", *FEAST),
            "features_at_with_feast.py",
            str(folder),
            str(spine),
            *FEATURES,
        )
        if ours.run(True) != feast.run(True):
            sys.exit("features_at and Feast differ, so nothing is timed")
        ways = {AT: self._way(ours), FEAST_AT: self._way(feast)}
        ratios = {"features_at / Feast": Ratio(AT, FEAST_AT, 0.3)}
        rounds = measure(ways, self.rounds, server=self.place.server)
        return summary("features of a spine", rows, rounds, ratios)

    def incremental(self) -> dict[str, Any]:
        """Each round delivers 1% more orders, builds, and builds all again: the tables must be equal."""
        deliveries = iter(range(1, self.rounds + 2))
        ways = {
            NEW: Way(lambda: self._deliver(next(deliveries)), lambda: tree(self.dbt.pid)),
            FULL: Way(lambda: self._built("--full-refresh"), lambda: tree(self.dbt.pid)),
        }
        ratios = {"1% new / full": Ratio(NEW, FULL, 0.1)}
        rounds = measure(ways, self.rounds, server=self.place.server)
        return summary("an incremental build", self.rows, rounds, ratios)

    def _deliver(self, number: int) -> Timed:
        """New orders of known and new customers, in the last month of the data."""
        file = self.place.orders(f"new {number}", self.rows, "--months", MONTHS, "--seed", str(number + 1))
        _keep(file, self.rows // 100, number)
        self.place.python("-m", "ready", "load", "--quiet", str(file.parent))
        return self._built()

    def _built(self, *options: str) -> Timed:
        """The seconds of a dbt build, and the fingerprint of what it published."""
        answer = self.dbt.answer("build", "--exclude-resource-type", "unit_test", *options)
        (fingerprint,) = self.place.execute("select data_hash from meta.current_versions")
        return Timed(answer["seconds"], fingerprint)

    def _way(self, worker: Worker, *arguments: Any) -> Way:
        def run() -> Timed:
            return Timed(worker.answer(*arguments)["seconds"], None)

        return Way(run, lambda: tree(worker.pid))


def duckdb_line() -> str:
    return LINE.format(month="strftime(feature_time, '%Y-%m-%d')")


def _keep(file: Path, rows: int, number: int) -> None:
    """Only the last rows, under order ids of their own."""
    header, *lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = (f"N{number}{line[1:]}" for line in lines[-rows:])
    file.with_name(f"new_{number}.csv").write_text(header + "".join(kept), encoding="utf-8")
    file.unlink()


if __name__ == "__main__":
    main()
