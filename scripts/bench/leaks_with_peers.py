"""The same shapes of leaks for leakprobe and honestclock: pandas features of customers at a time.

Arguments: a folder with orders.csv, decisions.csv, states.csv and plans.csv. Prints, as JSON, the shapes that
each tool calls a leak.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import honestclock
import leakprobe
import pandas as pd

Sources = dict[str, pd.DataFrame]
CLOCKS = {"orders": "order_ts", "decisions": "decided_at", "states": "updated_at", "plans": None}
TIMES = [pd.Timestamp(time, tz="UTC") for time in ("2024-09-01", "2024-12-01", "2025-02-01")]
DAY = pd.Timedelta(days=1)


def of(sources: Sources, table: str, customer: str) -> pd.DataFrame:
    return sources[table][sources[table]["customer_id"] == customer]


def orders(sources: Sources, customer: str, keep: Callable[[Any], Any]) -> pd.DataFrame:
    own = of(sources, "orders", customer)
    return own[keep(own["order_ts"])]


def decided(sources: Sources, customer: str, clock: str, time: pd.Timestamp) -> float:
    own = of(sources, "decisions", customer)
    return float(own[own[clock] < time]["fee"].sum())


# Each feature's sources, and its value from them.
Shape = tuple[list[str], Callable[[Sources, str, pd.Timestamp], float]]
SHAPES: dict[str, Shape] = {
    "missing_cutoff": (["orders"], lambda s, c, t: len(of(s, "orders", c))),
    "same_instant": (["orders"], lambda s, c, t: len(orders(s, c, lambda at: at <= t))),
    "equal_times": (["orders"], lambda s, c, t: len(orders(s, c, lambda at: at == t))),
    "second_ahead": (
        ["orders"],
        lambda s, c, t: len(orders(s, c, lambda at: at < t + pd.Timedelta(seconds=1))),
    ),
    "calendar_day": (["orders"], lambda s, c, t: len(orders(s, c, lambda at: at < t + DAY))),
    "label_overlap": (
        ["orders"],
        lambda s, c, t: len(orders(s, c, lambda at: (at >= t - 7 * DAY) & (at < t + 7 * DAY))),
    ),
    "backward_fill": (
        ["orders"],
        lambda s, c, t: orders(s, c, lambda at: at >= t).sort_values("order_ts")["amount"].head(1).sum(),
    ),
    "december_only": (
        ["orders"],
        lambda s, c, t: len(orders(s, c, lambda at: (at >= t) & (at < t + 7 * DAY))) * (t.month == 12),
    ),
    "one_customer": (["orders"], lambda s, c, t: len(of(s, "orders", c)) * (c.endswith("1"))),
    "rank_of_all": (
        ["orders"],
        lambda s, c, t: (s["orders"]["customer_id"].value_counts() > len(of(s, "orders", c))).sum(),
    ),
    "mean_of_all": (["orders"], lambda s, c, t: s["orders"]["amount"].mean()),
    "later_outcome": (["orders", "decisions"], lambda s, c, t: decided(s, c, "opened_at", t)),
    "fee_of_all": (["orders", "decisions"], lambda s, c, t: s["decisions"]["fee"].mean()),
    "latest_state": (["orders", "states"], lambda s, c, t: of(s, "states", c)["points"].sum()),
    "undated_source": (["orders"], lambda s, c, t: of(s, "plans", c)["plans"].sum()),
    "strictly_before": (["orders"], lambda s, c, t: len(orders(s, c, lambda at: at < t))),
    "mean_before": (
        ["orders"],
        lambda s, c, t: s["orders"][s["orders"]["order_ts"] < t]["amount"].mean(),
    ),
    "decided_before": (["orders", "decisions"], lambda s, c, t: decided(s, c, "decided_at", t)),
}


def table(sources: Sources, name: str, customers: Iterable[str], times: list[pd.Timestamp]) -> pd.DataFrame:
    value = SHAPES[name][1]
    keys = [(customer, time) for customer in customers for time in times]
    index = pd.MultiIndex.from_tuples(keys, names=["customer_id", "feature_time"])
    return pd.DataFrame({"x": [float(value(sources, *key)) for key in keys]}, index=index)


def leakprobe_leaks(sources: Sources, name: str, customers: list[str]) -> bool:
    """Its cutoff is one for all rows, so each feature time is checked by itself."""
    reports = (
        leakprobe.check(
            compute=lambda given, time=time: table(given, name, customers, [time]),
            sources=sources,
            timestamps=CLOCKS,
            declared={"x": SHAPES[name][0]},
            cutoff=time,
        )
        for time in TIMES
    )
    return any(not report.clean for report in reports)


def honestclock_leaks(sources: Sources, name: str, customers: list[str]) -> bool:
    """All tables in one panel, which is what the audit takes from; one without a clock is not in it."""
    dated = [
        frame.assign(table_name=table_name, known_at=frame[CLOCKS[table_name]].dt.tz_localize(None))
        for table_name, frame in sources.items()
        if CLOCKS[table_name]
    ]

    def compute(panel: pd.DataFrame, clock: honestclock.AsOfClock) -> pd.DataFrame:
        given = {one: panel[panel["table_name"] == one] for one in sources if CLOCKS[one]}
        time = (clock.t + 1).to_timestamp().tz_localize("UTC")
        return table({**sources, **given}, name, customers, [time]).reset_index()

    clocks = [honestclock.AsOfClock((time - DAY).strftime("%Y-%m")) for time in TIMES]
    report = honestclock.audit_lookahead(pd.concat(dated), compute, clocks, "known_at")
    return not report.clean


def main() -> None:
    folder = Path(sys.argv[1])
    sources = {name: pd.read_csv(folder / f"{name}.csv") for name in CLOCKS}
    for frame in sources.values():
        for column in frame.columns.intersection(["order_ts", "opened_at", "decided_at", "updated_at"]):
            frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601")
    customers = sorted(sources["orders"]["customer_id"].unique())[:10]
    caught = {
        "leakprobe": [name for name in SHAPES if leakprobe_leaks(sources, name, customers)],
        "honestclock": [name for name in SHAPES if honestclock_leaks(sources, name, customers)],
    }
    print(json.dumps({"shapes": list(SHAPES), **caught}))


if __name__ == "__main__":
    main()
