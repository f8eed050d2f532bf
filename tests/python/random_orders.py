"""Random orders under several definitions, drawn by hypothesis, and the oracle's view of them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from conftest import PROJECT
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from oracle import SHIPPED_AGGREGATIONS, Definition
from oracle_orders import UTC, RawOrder, Row, Source, parse_iso

CUSTOMERS = 400
HEADER = ("order_id", "customer_id", "order_ts", "amount", "status", "channel", "Country", "qty", "changed")

Record = tuple[int, int, datetime, str, tuple[str, ...], timedelta | None]
"""One delivery of an order: its file, its number, time, how times are written, the texts that follow; and how
long after its time this state was known, None where the file does not say."""

LEAP_DAY = datetime(2024, 2, 29, tzinfo=UTC)
BOUNDARIES = [
    LEAP_DAY,
    *(datetime(2024, month, 1, tzinfo=UTC) for month in (1, 2, 3, 6)),
    datetime(2024, 2, 26, tzinfo=UTC),
    datetime(2023, 12, 31, tzinfo=UTC),
]
FAR_PAST = [
    datetime(1800, 1, 1, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1900, 3, 1, tzinfo=UTC),
]

# The largest amount allowed: what a sum in floating point would lose first.
AMOUNTS = ["0", "0.000001", "9.99", "10", "12.5", "-3.333333", "-10", "999999999999999999.999999"]
STATUSES = ["completed", "", " Shipped ", "COMPLETED", "NA", "returned", "Can-celled"]
CHANNELS = ["web", " In Store ", "app", "", "NA"]
# In code-point order, the order of a dictionary, and of the hash that a long text ends in, others come first.
COUNTRIES = ["de", "A-T", "", "NULL", "'", "éa", f"{'long ' * 26}b", f"{'long ' * 26}a"]
QUANTITIES = ["1", "2.5", "3", "", "x", "-3", "0.000001", "999999999999999999.999999"]
ODD_IDS = ["", "é", '"', ",", "'", "%s", "{{", "\\", "A", "a", "|"]

FUNCTIONS = ("sum", "avg", "min", "max", "median", "stddev", "count_distinct")
PICKED = ("latest", "first", "mode")
TOTALLED = ("sum", "avg", "min", "max", "median")
TEXTS = ("order_id", "order_ts", "status", "country")
DEFINITIONS = {
    "month": Definition(),
    "day": Definition(
        windows=(1, 2, 7), every="day", active_within=10, horizon=3, embargo=4,
        start=date(2024, 2, 20), end=date(2024, 3, 20),
    ),
    "week_without_test": Definition(
        windows=(7, 14), every="week", horizon=14, train=Decimal("0.8"), val=Decimal("0.2")
    ),
    "order_by_date": Definition(
        every="order", val_from=date(2024, 2, 29), test_from=date(2024, 4, 1), embargo=0
    ),
    "every_aggregation": Definition(
        windows=(7, 30), every="week", by="both", seed=7, embargo=7, train=Decimal("0.5"), val=Decimal("0.3"),
        aggregations={
            "orders": "count",
            **{f"{name}_amount": f"{name} of amount" for name in FUNCTIONS},
            **{f"{name}_quantity": f"{name} of quantity" for name in FUNCTIONS},
            **{f"different_{name}": f"count_distinct of {name}" for name in TEXTS},
            **{f"{name}_country": f"{name} of country" for name in PICKED},
            **{f"{name}_channel": f"{name} of channel" for name in PICKED},
            "usual_in": {"rule": "mode of country", "by": "channel", "values": ["web", "app"]},
            "orders_in": {"rule": "count", "by": "channel", "values": ["web", "In Store", "app"]},
            "revenue_in": {"rule": "sum of amount", "by": "country", "values": ["de", "A-T"]},
            "spread_in": {"rule": "stddev of quantity", "by": "channel", "values": ["web"]},
            "low": "quantile 0.07 of amount",
            "high_in": {"rule": "quantile 0.9999 of quantity", "by": "channel", "values": ["web"]},
        },
        totals=(
            "orders", "low", *(f"{name}_{column}" for name in TOTALLED for column in ("amount", "quantity")),
            *(f"{name}_country" for name in PICKED),
        ),
        nth_last=(3, 2),
        ratios={
            "trend": "sum_amount_7d / sum_amount_total", "basket": "sum_quantity_7d / orders_7d",
            "web": "orders_in_web_7d / orders_total", "spread": "stddev_quantity_7d / avg_quantity_total",
        },
        label=("gone", "no purchase"),
        more_labels={
            "spent": {"rule": "sum of amount", "horizon": 45}, "different": "count_distinct of status",
            "soon": {"rule": "avg of quantity", "horizon": 9}, "usual": "median of amount",
        },
    ),
    "states_by_week": Definition(
        windows=(7, 30), every="week", horizon=14,
        aggregations={
            **SHIPPED_AGGREGATIONS, "last_country": "latest of country", "usual_country": "mode of country",
            "typical": "median of amount",
        },
        totals=("orders", "revenue", "avg_order_value", "last_country", "usual_country", "typical"),
        nth_last=(2,),
        ratios={"lately": "revenue_7d / revenue_30d", "value": "avg_order_value_7d / avg_order_value_total"},
        more_labels={"back": {"rule": "no purchase", "horizon": 3}},
    ),
    "states_by_order": Definition(every="order", active_within=20),
    "customers_apart": Definition(
        windows=(30,), by="customer", label=("typical", "avg of quantity"), aggregations={"orders": "count"},
        totals=(),
    ),
}  # fmt: skip
# Whose files say since when each state of an order was known.
TRACKED = {"states_by_week", "states_by_order"}


def times(definition: Definition) -> st.SearchStrategy[datetime]:
    """At a boundary, a window's or the horizon's length from one, a microsecond beside, or anywhere."""
    horizons = [days for _, days in definition.labels.values()]
    lengths = [0, *definition.windows, *horizons, *(-days for days in horizons)]
    anchors = BOUNDARIES + (FAR_PAST if definition.every == "order" else [])
    beside = st.sampled_from([timedelta(microseconds=n) for n in (0, 0, -1, 1)])
    edges = st.builds(
        lambda anchor, days, beside: anchor - timedelta(days=days) + beside,
        st.sampled_from(anchors),
        st.sampled_from(lengths),
        beside,
    )
    anywhere = st.datetimes(datetime(2023, 11, 1), datetime(2024, 7, 1), timezones=st.just(UTC))
    return edges | anywhere


def histories(definition: Definition) -> st.SearchStrategy[list[Record]]:
    """The deliveries of one customer; few numbers, so that orders come again with another state."""
    edges = [*definition.windows, 7, 14]
    delays = [timedelta(days=n) for n in (0, 0, 1, -1, -40, *edges)] + [
        timedelta(microseconds=n) for n in (1, -1)
    ]
    record = st.tuples(
        st.integers(0, 1),
        st.integers(0, 9),
        times(definition),
        st.sampled_from(sorted(WRITINGS)),
        st.tuples(*map(st.sampled_from, (AMOUNTS, STATUSES, CHANNELS, COUNTRIES, QUANTITIES))),
        st.sampled_from([*delays, None]),
    )
    return st.lists(record, min_size=1, max_size=12)


def in_zone(hours: float, text: str) -> Callable[[datetime], str]:
    zone = timezone(timedelta(hours=hours))
    return lambda when: when.astimezone(zone).strftime(text).replace("ZONE", f"{when.astimezone(zone):%z}")


WRITINGS: dict[str, Callable[[datetime], str]] = {
    "zulu": lambda when: when.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "none": lambda when: when.strftime(" %Y-%m-%d %H:%M:%S.%f"),
    "east": in_zone(5.5, "%Y-%m-%dT%H:%M:%S.%fZONE"),
    "west": in_zone(-11, "%Y-%m-%d %H:%M:%S.%fZONE"),
}


def draw(strategy: st.SearchStrategy[Any], *, number: int) -> list[Any]:
    """Draw as hypothesis would for a test, with one seed. What else is imported has a say in the examples."""
    drawn: list[Any] = []

    @seed(20240229)
    @settings(max_examples=number, phases=[Phase.generate], database=None)
    @given(strategy)
    def collect(example: Any) -> None:
        drawn.append(example)

    collect()
    return drawn


def write_files(folder: Path, customers: list[list[Record]]) -> None:
    folder.mkdir()
    for number in (0, 1):
        own = [[record for record in history if record[0] == number] for history in customers]
        write_file(folder / f"{number}.csv", own)


def write_file(path: Path, customers: list[list[Record]]) -> None:
    """One file with all deliveries of these customers; the same place in the list is the same customer.

    Some orders are delivered now for one customer, now for the next.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for n, history in enumerate(customers):
            for _, order, when, writing, texts, delay in history:
                write = WRITINGS[writing]
                changed = "" if delay is None else write(when + delay)
                owner = n + 1 if order > 7 and texts[2] == "app" else n
                writer.writerow((f"{n}-{order}", customer_id(owner), write(when), *texts, changed))


def customer_id(n: int) -> str:
    return f"{n // len(ODD_IDS)}{ODD_IDS[n % len(ODD_IDS)]}"


def write_configs(folder: Path, definition: Definition, *, tracked: bool = False) -> None:
    """The definition as configs, and a gate that lets refunds and repeated ids pass."""
    folder.mkdir()
    named = definition.val_from is not None
    shares = {"train": float(definition.train), "val": float(definition.val)}
    dates = {"val_from": str(definition.val_from), "test_from": str(definition.test_from)}
    hashed = {} if definition.by == "time" else {"by": definition.by, "seed": definition.seed}
    splits = {**(dates if named else shares), **hashed, "embargo": definition.embargo}
    own = {name: name for name in HEADER[:6]}
    columns = {**own, "country": "Country", "quantity": {"column": "qty", "type": "number"}}
    if tracked:
        columns["available_at"] = "changed"
    calendar = {
        "every": definition.every,
        "start": definition.start and str(definition.start),
        "end": definition.end and str(definition.end),
        "active_within": definition.active_within,
    }
    models = {
        "orders_mapped": {
            "file": {"max_shrink": "100%"},  # deliveries are drawn without regard to the one they replace
            "columns": columns,
            "null_words": ["NULL", "\\N", "NA"],
        },
        "customer_features": {
            "feature_times": _given(calendar),
            "windows": list(definition.windows),
            "aggregations": dict(definition.aggregations),
            "totals": list(definition.totals),
            "days_since_nth_last_order": list(definition.nth_last),
            "ratios": dict(definition.ratios),
        },
        "customer_labels": {"horizon": definition.horizon, "label": definition.label_rules},
        "customer_training_set": {"splits": _given(splits)},
    }
    by_file = {
        "orders.yaml": ["orders_mapped"],
        "features.yaml": ["customer_features", "customer_labels", "customer_training_set"],
    }
    for file_name, names in by_file.items():
        described = [{"name": name, "config": {"meta": {"ready": models[name]}}} for name in names]
        (folder / file_name).write_text(yaml.safe_dump({"version": 2, "models": described}))
    # The rules that are on by default have tests of their own: random orders break them on purpose.
    rules = sorted(file.stem for file in (PROJECT / "tests/dbt/gate").glob("*.sql"))
    relaxed = {name: {"severity": "warn"} for name in rules}
    gate = {
        "name": "orders_parsed",
        "config": {"meta": {"ready": {"default_rules": relaxed}}},
        "columns": [{"name": "order_id", "data_tests": ["not_null"]}],
    }
    (folder / "expectations.yaml").write_text(yaml.safe_dump({"version": 2, "models": [gate]}))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def canonical(row: Row, file_name: str, line_number: int) -> RawOrder:
    texts = [row[name] for name in HEADER[:6]]
    return RawOrder(*texts, extras={"country": row["Country"], "quantity": row["qty"]})


def canonical_state(row: Row, file_name: str, line_number: int) -> RawOrder:
    return replace(canonical(row, file_name, line_number), available_at=row["changed"])


SOURCE = Source(canonical, parse_iso, numbers=frozenset({"quantity"}))
TRACKED_SOURCE = replace(SOURCE, canonical=canonical_state)
