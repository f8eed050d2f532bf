"""The way of the rows through a build, orders by week and file, and its volume beside the build before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ready.database.query import Row, select_rows
from ready.definition.column_roles import SPLITS
from ready.recorded.registry import Connection, build_name, find_build, select_meta
from ready.run_page.model import OTHER_FILES, Load, Lost, Step, Volume, WeekOfOrders
from ready.settings import Settings

MOST_WEEKS = 160
FILES_DRAWN = 5
FOUR_WEEKS = 28

ORDERS = """
select
    date_trunc('week', order_ts) as week, load_id, status, is_purchase,
    count(*) as orders, sum(line_count) as line_total
from {stg}.orders
group by date_trunc('week', order_ts), load_id, status, is_purchase
"""
# A line that goes with another of its order names that one's place.
REJECTED = """
select reason, count(*) as records
from (
    select case when reason like 'another line of the order%%' then 'another line of the order is set aside'
        else reason end as reason
    from {stg}.orders_rejected
) as reasons
group by reason
"""
OF_BUILD = (
    "where feature_set = %(feature_set)s and feature_version = %(feature_version)s "
    "and data_hash = %(data_hash)s"
)
LABELS = (
    f"select row_count, labelled_count from {{meta}}.dataset_label_summary {OF_BUILD} order by created_at"
)
SPLIT_ROWS = f"select split, row_count from {{meta}}.dataset_split_summary {OF_BUILD} order by created_at"
ROWS_LOADED = "select coalesce(sum(rows_loaded), 0) as records from {raw}.loads where load_id in %(load_ids)s"


@dataclass(frozen=True)
class Orders:
    """stg.orders as it is now, counted: rows of ORDERS."""

    rows: Sequence[Row]

    def sum(self, figure: str = "orders", *, purchases: bool | None = None) -> int:
        return sum(
            int(row[figure]) for row in self.rows if purchases is None or row["is_purchase"] == purchases
        )

    def without_purchase(self) -> list[Lost]:
        counts: Counter[str] = Counter()
        for row in self.rows:
            if not row["is_purchase"]:
                counts[row["status"] or "without status"] += int(row["orders"])
        return [Lost(f"{status}: no purchase", count) for status, count in counts.most_common()]


def read_orders(connection: Connection, settings: Settings) -> Orders:
    return Orders(select_rows(connection, settings, ORDERS))


def way_of_rows(
    connection: Connection,
    settings: Settings,
    *,
    loads: Sequence[Load],
    left_out: int,
    orders: Orders,
    build: Row,
) -> tuple[Step, ...]:
    """From the files to the splits. loads: those that staging reads. build: of the registry."""
    rejects = select_rows(connection, settings, REJECTED)
    unread = sum(load.rejected for load in loads)
    records = sum(load.rows for load in loads) + unread
    set_aside = sorted(
        (Lost(row["reason"], int(row["records"])) for row in rejects), key=lambda lost: -lost.rows
    )
    lines = orders.sum("line_total")
    again = records - unread - left_out - sum(lost.rows for lost in set_aside) - lines
    purchases = orders.sum(purchases=True)
    labels = select_meta(connection, settings, LABELS, build)
    rows = labels[-1] if labels else {"row_count": build["row_count"], "labelled_count": build["row_count"]}
    splits = _split_rows(connection, settings, build)
    unsplit = rows["labelled_count"] - sum(splits.values())
    return (
        Step("Records of the files", records),
        _step(
            "Orders",
            orders.sum(),
            Lost("could not be read", unread),
            Lost("left out by the filter rows of orders.yaml", left_out),
            *set_aside,
            Lost("delivered again: a later record of the order counts", again),
            Lost("joined to the other lines of their order", lines - orders.sum()),
        ),
        _step("Purchases", purchases, *orders.without_purchase()),
        Step("Feature rows: a customer at a feature time", build["row_count"]),
        _step(
            "With a known label",
            rows["labelled_count"],
            Lost("the horizon runs past the end of the data", rows["row_count"] - rows["labelled_count"]),
        ),
        _step(
            f"In a split: {', '.join(f'{split} {count:,}' for split, count in splits.items())}",
            sum(splits.values()),
            Lost("in an embargo, or in different splits by time and by customer", unsplit),
        ),
    )


def _step(name: str, rows: int, *lost: Lost) -> Step:
    return Step(name, rows, tuple(why for why in lost if why.rows))


def weeks_of_orders(orders: Orders, files: dict[int, str]) -> tuple[WeekOfOrders, ...]:
    """By week, four weeks where there are many; files beyond the largest count together.

    files: of each load, its name.
    """
    counts: Counter[tuple[date, str]] = Counter()
    weeks = [row["week"].date() for row in orders.rows if row["week"]]
    if not weeks:
        return ()
    first, last = min(weeks), max(weeks)
    days = 7 if (last - first).days <= 7 * MOST_WEEKS else FOUR_WEEKS
    for row in orders.rows:
        if row["week"]:
            step = (row["week"].date() - first).days // days
            name = files.get(row["load_id"], f"load {row['load_id']}")
            counts[first + timedelta(days=days * step), name] += int(row["orders"])
    drawn = _largest(counts)
    folded: dict[date, Counter[str]] = {
        first + timedelta(days=at): Counter() for at in range(0, (last - first).days + 1, days)
    }
    for (week, name), count in counts.items():
        folded[week][name if name in drawn else OTHER_FILES] += count
    order = [*drawn, OTHER_FILES]
    return tuple(
        WeekOfOrders(week, days, tuple((name, found[name]) for name in order if found[name]))
        for week, found in folded.items()
    )


def _largest(counts: Counter[tuple[date, str]]) -> list[str]:
    """By name."""
    of_file: Counter[str] = Counter()
    for (_, name), count in counts.items():
        of_file[name] += count
    return sorted(name for name, _ in of_file.most_common(FILES_DRAWN))


def volumes(
    connection: Connection, settings: Settings, current: Row, before: Row | None
) -> tuple[Volume, ...]:
    """Records and rows of both builds, from what is on record of them; empty without a build before."""
    if before is None:
        return ()
    now, then = (dict(_volume(connection, settings, build)) for build in (current, before))
    return tuple(Volume(name, then.get(name, 0), now.get(name, 0)) for name in {**now, **then})


def _volume(connection: Connection, settings: Settings, build: Row) -> Iterable[tuple[str, int]]:
    found = find_build(connection, settings, build_name(build))
    loads: dict[str, Any] = {"load_ids": tuple(found["load_ids"]) or (0,)}
    yield "Records loaded", int(select_rows(connection, settings, ROWS_LOADED, loads)[0]["records"])
    yield "Feature rows", build["row_count"]
    for split, rows in _split_rows(connection, settings, build).items():
        yield f"Rows of {split}", rows


def _split_rows(connection: Connection, settings: Settings, build: Row) -> dict[str, int]:
    """Of the membership that was recorded last for this build."""
    found = {row["split"]: row["row_count"] for row in select_meta(connection, settings, SPLIT_ROWS, build)}
    return {split: found[split] for split in SPLITS if split in found}
