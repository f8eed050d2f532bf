"""The whole way from CSV to exported splits, against the same work as psql steps by hand, and a second run.

The ratio shows what dbt, the wrapper and not knowing the data cost: by hand the steps are written for this
one delivery. Both begin with an empty database; starting Python and dbt is part of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from compare import Ratio, Timed, Way, measure, summary
from report import publish
from scratch import HERE, Scratch, arguments, scratch

from ready.postgres.cluster import program_path

OURS, AGAIN, BY_HAND = "ours, the whole way", "ours, again with nothing new", "psql by hand"
RATIOS = {"ours / by hand": Ratio(OURS, BY_HAND, 1.25)}
# Rows, and the sums of what must be the same.
CONTENT = """
select
    count(*), count(split), sum(orders_7d), sum(revenue_30d), sum(avg_order_value_90d),
    sum(max_order_value_30d), sum(revenue_total), sum(days_since_last_order),
    sum(days_since_first_order), sum(label_revenue_next_30d),
    sum(hashtextextended(concat_ws('|', customer_id, extract(epoch from feature_time), split), 0))
from feats.customer_training_set
"""


def main() -> None:
    options = arguments(__doc__, rows=100_000)
    with scratch() as place:
        orders = place.orders("data", options.rows)
        rounds = measure(ways(place, orders), options.rounds, server=place.server)
    publish("e2e", [summary("the whole way", options.rows, rounds, RATIOS)])


def ways(place: Scratch, orders: Path) -> dict[str, Way]:
    """All must leave the same training set. Each round has a fresh database for either side."""
    runs = Runs(place, orders)

    def by_hand() -> Timed:
        with place.database() as fresh:
            return Timed(_psql(fresh, orders), fresh.execute(CONTENT))

    return {OURS: Way(runs.first), AGAIN: Way(runs.again), BY_HAND: Way(by_hand)}


class Runs:
    """`ready run` on an empty database, and again on what it left."""

    def __init__(self, place: Scratch, orders: Path) -> None:
        self._place = place
        self._orders = orders
        self._held = ExitStack()

    def first(self) -> Timed:
        self._fresh = self._held.enter_context(self._place.database())
        return self._run()

    def again(self) -> Timed:
        with self._held:
            return self._run()

    def _run(self) -> Timed:
        started = time.perf_counter()
        self._fresh.python("-m", "ready", "run", "--data", str(self._orders.parent))
        return Timed(time.perf_counter() - started, self._fresh.execute(CONTENT))


def _psql(place: Scratch, orders: Path) -> float:
    """Seconds of by_hand.sql on an empty database."""
    exports = [f"{split}={place.folder / split}.csv" for split in ("train", "val", "test")]
    variables = [argument for value in (f"csv={orders}", *exports) for argument in ("-v", value)]
    command = [
        str(program_path("psql")),
        "--no-psqlrc",
        "--quiet",
        *variables,
        "-f",
        str(HERE / "by_hand.sql"),
    ]
    started = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **place.params.env()}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"by_hand.sql failed:\n{done.stderr[-2000:]}")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
