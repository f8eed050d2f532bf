"""Features of a spine by `ready.features_at`, which computes them from the orders. For bench_features.py."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
from sums import sum_of
from worker import serve

import ready


def main() -> None:
    spine_file, *features = sys.argv[1:]
    spine = pd.read_csv(spine_file, parse_dates=["event_timestamp"])
    spine = spine.rename(columns={"event_timestamp": "feature_time"})

    def run(summed: bool = False) -> Any:
        """The number of rows; or the sum of each feature, for comparison."""
        table = ready.features_at(spine).table
        return {name: sum_of(table[name]) for name in features} if summed else len(table)

    serve(run)


if __name__ == "__main__":
    main()
