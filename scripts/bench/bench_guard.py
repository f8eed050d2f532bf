"""A guard against collapses, for the continuous integration: a small whole way against psql by hand.

Fails only where ours takes many times as long as it should; a busy machine slows both sides.
"""

from __future__ import annotations

import sys

from bench_e2e import AGAIN, BY_HAND, OURS, ways
from compare import Ratio, measure, summary
from report import publish
from scratch import arguments, scratch

# About 3 and 0.1 at this size on two cores.
RATIOS = {"ours / by hand": Ratio(OURS, BY_HAND, 10), "nothing new / ours": Ratio(AGAIN, OURS, 0.8)}


def main() -> None:
    options = arguments(__doc__, rows=200_000, rounds=1)
    with scratch() as place:
        orders = place.orders("data", options.rows)
        rounds = measure(ways(place, orders), options.rounds, server=place.server, warm_up=False)
    compared = summary("guard", options.rows, rounds, RATIOS)
    publish("guard", [compared], chart=False)
    fallen = [title for title, ratio in compared["ratios"].items() if ratio["median"] > ratio["at_most"]]
    if fallen:
        sys.exit(f"collapsed: {', '.join(fallen)}")


if __name__ == "__main__":
    main()
