"""How fast features of orders, visits and members are: together, one by one, with 1% new visits, in DuckDB.

DuckDB is installed into a virtual environment of its own. Orders as in bench_features.py; beside them visits
with windows of 7, 30 and 90 days, and states of members, of the same customers and the same months.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench_features import DUCKDB, LINE, MONTHS, THREADS, duckdb_line
from compare import Ratio, Timed, Way, measure, summary
from memory import tree
from peers import peer_python
from report import publish
from scratch import PROJECT, Scratch, scratch
from worker import Worker

from ready.proof.recorded_project import Code

TOGETHER, APART, BY_HAND = "ours, all three together", "ours, one after the other", "DuckDB by hand"
NEW, FULL = "ours, 1% new visits", "ours, --full-refresh"
OF_ORDERS = ["feature_times", "customer_purchases", "customer_features", "customer_labels"]

MAPPINGS = {
    "visits": """
version: 2
models:
  - name: visits_mapped
    config:
      meta:
        ready_columns:
          event_id: visit
          customer_id: customer
          event_ts: at
          page: page
          minutes: {column: minutes, type: number}
  - name: visits_parsed
    data_tests: [usable_rows, plausible_rows]
""",
    "members": """
version: 2
models:
  - name: members_mapped
    config:
      meta:
        ready_kind: state
        ready_columns: {customer_id: customer, available_at: since, segment: segment, newsletter: newsletter}
  - name: members_parsed
    data_tests: [usable_rows, plausible_rows]
""",
}
FEATURES = """
  - name: visits_features
    config:
      meta:
        ready_windows: [7, 30, 90]
        ready_aggregations: {visits: count, minutes: sum of minutes, pages: count_distinct of page}
        ready_totals: [visits, minutes]
  - name: members_features
    config:
      meta:
        ready_latest: [segment, newsletter]
"""
COLUMNS = [f"{name}_{days}d" for days in (7, 30, 90) for name in ("visits", "minutes", "pages")]
COLUMNS += ["visits_total", "minutes_total", "days_since_last_visits", "days_since_first_visits"]
COLUMNS += [f"{name}{what}" for name in ("segment", "newsletter") for what in ("", "_age_days", "_changes")]
OF_SOURCES = ", ".join(f"coalesce(cast({name} as varchar), '-')" for name in COLUMNS)
MONTH = "to_char(feature_time at time zone 'UTC', 'YYYY-MM-DD')"
FINGERPRINT = f"""
select count(*), cast(sum(cast(cast('x' || left(md5(line), 15) as bit(60)) as bigint)) as varchar)
from (
    select {LINE.format(month=MONTH)} || concat_ws('|', {OF_SOURCES}) as line
    from feats.customer_features__candidate
    inner join feats.customer_labels__candidate using (customer_id, feature_time)
    inner join feats.visits_features__candidate using (customer_id, feature_time)
    inner join feats.members_features__candidate using (customer_id, feature_time)
) as lines
"""

# Numbers by a hash of n, alike on every machine; customers by their place.
RANDOM = "cast(cast('x' || left(md5('{salt}' || n), 8) as bit(32)) as bigint) & 2147483647"


def main() -> None:
    options = _arguments()
    peer_python("duckdb", *DUCKDB)  # what fails for want of a network should fail at once
    with scratch() as plain, ExitStack() as stack:
        place = _laid_out(plain)
        orders = place.orders("data", options.orders, "--months", MONTHS)
        made = Deliveries(place, orders)
        made.visits(place.folder / "data/visits/visits.csv", options.visits, "first")
        made.members(place.folder / "data/members/members.csv", options.members)
        place.python("-m", "ready", "run", "--data", str(orders.parent))
        bench = Bench(place, stack, made, options)
        compared = [bench.together(), bench.incremental()]
    publish("sources", compared)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for name, rows in (("orders", 300_000), ("visits", 600_000), ("members", 60_000)):
        what = "states of members" if name == "members" else name
        parser.add_argument(
            f"--{name}", type=int, default=rows, metavar="N", help=f"{what} (default {rows:,})"
        )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds that count (default 3)")
    return parser.parse_args()


def _laid_out(place: Scratch) -> Scratch:
    """A project of its own, with the two sources."""
    project = place.folder / "project"
    Code(PROJECT, None).lay_out(project)
    shutil.copytree(PROJECT / "configs", project / "configs")
    with (project / "configs/features.yaml").open("a", encoding="utf-8") as file:
        file.write(FEATURES)
    folder = project / "models/sources"
    folder.mkdir(exist_ok=True)
    for name, mapping in MAPPINGS.items():
        (project / f"configs/{name}.yaml").write_text(mapping, encoding="utf-8")
        rows = "source_events" if name == "visits" else "source_states"
        macros = {f"{name}_{part}": f"source_{part}" for part in ("mapped", "parsed", "rejected", "features")}
        for model, macro in {**macros, name: rows}.items():
            (folder / f"{model}.sql").write_text(f"{{{{ {macro}() }}}}\n", encoding="utf-8")
    return replace(place, project=project, configs=project / "configs")


class Deliveries:
    """Visits and members of the customers of a file of orders, in its time."""

    def __init__(self, place: Scratch, orders: Path) -> None:
        self.place = place
        with orders.open(encoding="utf-8") as file:
            ids, last = set(), ""
            for row in csv.DictReader(file):
                ids.add(row["customer_id"])
                last = row["order_ts"]
        self.until = last
        place.execute("create unlogged table public.bench_customers (place bigint primary key, id text)")
        place.execute(
            "insert into public.bench_customers select ordinality - 1, id from unnest(string_to_array('"
            + ",".join(sorted(ids))
            + "', ',')) with ordinality as known (id, ordinality)"
        )

    def visits(self, file: Path, rows: int, salt: str, *, days: int = 990) -> None:
        page, minutes = RANDOM.format(salt="page"), RANDOM.format(salt="minutes")
        self._write(
            file,
            f"select '{salt}-' || n as visit, id as customer, {self._time(salt, days)} as at, "
            f"'page_' || ({page}) % 40 as page, round(({minutes}) % 9000 / 100.0, 2) as minutes",
            rows,
            salt,
        )

    def members(self, file: Path, rows: int) -> None:
        segment, letter = RANDOM.format(salt="segment"), RANDOM.format(salt="letter")
        self._write(
            file,
            f"select distinct on (id, since) id as customer, {self._time('since', 990)} as since, "
            f"'segment ' || ({segment}) % 5 as segment, ({letter}) % 2 as newsletter",
            rows,
            "members",
        )

    def _time(self, salt: str, days: int) -> str:
        seconds = f"({RANDOM.format(salt='at ' + salt)}) % {days * 86400}"
        at = f"timestamp '{self.until[:10]}' - ({seconds}) * interval '1 second'"
        return f"to_char({at}, 'YYYY-MM-DD HH24:MI:SS')"

    def _write(self, file: Path, select: str, rows: int, salt: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        owner = f"({RANDOM.format(salt='owner ' + salt)}) % (select count(*) from public.bench_customers)"
        drawn = f"select n, {owner} as owner from generate_series(1, {rows}) as n"
        self.place.copy_out(
            f"{select} from ({drawn}) as drawn inner join public.bench_customers on place = owner", file
        )


class Bench:
    """The comparisons, on one database that holds everything `ready run` leaves."""

    def __init__(
        self, place: Scratch, stack: ExitStack, deliveries: Deliveries, options: argparse.Namespace
    ) -> None:
        self.place = place
        self.stack = stack
        self.deliveries = deliveries
        self.options = options
        self.rows = options.orders + options.visits + options.members
        self.dbt = self.place.worker(self.stack, sys.executable, "with_dbt.py")

    def together(self) -> dict[str, Any]:
        """Features and labels from stg, which DuckDB has as tables of its own."""
        duckdb = self._duckdb()
        every = [*OF_ORDERS, "visits_features", "members_features"]
        self._run(every)
        duckdb.run()
        line = f"{duckdb_line()} || concat_ws('|', {OF_SOURCES})"
        ours, theirs = list(self.place.execute(FINGERPRINT)[0]), duckdb.run(line)
        if ours != theirs:
            sys.exit(f"ours {ours} and DuckDB's {theirs} differ, so nothing is timed")
        ways = {
            TOGETHER: self._way(lambda: self._run(every)),
            APART: self._way(self._apart),
            BY_HAND: Way(lambda: Timed(duckdb.answer()["seconds"], None), lambda: tree(duckdb.pid)),
        }
        ratios = {"together / apart": Ratio(TOGETHER, APART, 1.6), "ours / DuckDB": Ratio(TOGETHER, BY_HAND)}
        rounds = measure(ways, self.options.rounds, server=self.place.server)
        return summary("features of three sources", self.rows, rounds, ratios)

    def incremental(self) -> dict[str, Any]:
        """Each round delivers 1% more visits, builds, and builds visits again in full: equal features."""
        numbers = iter(range(1, self.options.rounds + 2))
        self.dbt.run("build", "--exclude-resource-type", "unit_test")
        ways = {
            NEW: Way(lambda: self._deliver(next(numbers)), lambda: tree(self.dbt.pid)),
            FULL: Way(lambda: self._built("--full-refresh"), lambda: tree(self.dbt.pid)),
        }
        rounds = measure(ways, self.options.rounds, server=self.place.server)
        ratios = {"1% new / full": Ratio(NEW, FULL, 0.1)}
        return summary("an incremental build of visits", self.options.visits, rounds, ratios)

    def _deliver(self, number: int) -> Timed:
        """New visits in the last month of the data, and a few that come again."""
        file = self.place.folder / f"data/visits/new_{number}.csv"
        self.deliveries.visits(file, self.options.visits // 100, f"new {number}", days=30)
        self.place.python("-m", "ready", "load", "--quiet", "--source", "visits", str(file))
        return self._built()

    def _built(self, *options: str) -> Timed:
        """The seconds of a build of visits and all behind it, and the fingerprint of what it published."""
        select = ["--select", "visits_parsed+"]
        answer = self.dbt.answer("build", "--exclude-resource-type", "unit_test", *select, *options)
        found = self.place.execute(
            "select data_hash from meta.current_versions where feature_set = 'visits_features'"
        )
        return Timed(answer["seconds"], found)

    def _apart(self) -> float:
        """The sources first, on the published features of the orders: those built alone are not published."""
        self.dbt.run("build", "--exclude-resource-type", "unit_test")
        return sum(self._run(models) for models in (["visits_features"], ["members_features"], OF_ORDERS))

    def _run(self, models: list[str]) -> float:
        seconds: float = self.dbt.answer("run", "--full-refresh", "--select", *models)["seconds"]
        return seconds

    def _way(self, run: Any) -> Way:
        return Way(lambda: Timed(run(), None), lambda: tree(self.dbt.pid))

    def _duckdb(self) -> Worker:
        at = "at time zone 'UTC'"
        tables = {
            "orders": f"customer_id, order_ts {at} as order_ts, amount, is_purchase",
            "visits": f"customer_id, event_ts {at} as visited_at, page, minutes",
            "members": f"customer_id, available_at {at} as since, segment, newsletter",
        }
        for name, columns in tables.items():
            self.place.copy_out(
                f"select {columns} from stg.{name}", self.place.folder / f"{name}_for_duckdb.csv"
            )
        return self.place.worker(
            self.stack,
            peer_python("duckdb", *DUCKDB),
            "sources_with_duckdb.py",
            str(self.place.folder),
            THREADS,
        )


if __name__ == "__main__":
    main()
