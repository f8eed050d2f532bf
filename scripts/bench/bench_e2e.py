"""The whole way from CSV to exported splits, against the same work as psql steps by hand, and a second run.

The ratio shows what dbt, the wrapper and not knowing the data cost: by hand the steps are written for this
one delivery. Both begin with an empty database; starting Python and dbt is part of ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
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
    options = arguments(__doc__, rows=200_000)
    with scratch() as place:
        orders = place.orders("data", options.rows)
        rounds = measure(ways(place, orders), options.rounds, server=place.server)
    publish("e2e", [summary("the whole way", options.rows, rounds, RATIOS)])


def ways(place: Scratch, orders: Path) -> dict[str, Way]:
    """Each round has a fresh database for either side; the second run follows the first."""
    again: list[float] = []
    contents: list[object] = []

    def ours() -> Timed:
        with place.database() as fresh:
            first = _run(fresh, orders)
            content = fresh.execute(CONTENT)
            again.append(_run(fresh, orders))
            if fresh.execute(CONTENT) != content:
                sys.exit("a second run with nothing new changed the training set")
        contents.append(content)
        return Timed(first, content)

    def by_hand() -> Timed:
        with place.database() as fresh:
            seconds = _psql(fresh, orders)
            return Timed(seconds, fresh.execute(CONTENT))

    return {OURS: Way(ours), AGAIN: Way(lambda: Timed(again[-1], contents[-1])), BY_HAND: Way(by_hand)}


def _run(place: Scratch, orders: Path) -> float:
    started = time.perf_counter()
    place.python("-m", "ready", "run", "--data", str(orders.parent))
    return time.perf_counter() - started


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
