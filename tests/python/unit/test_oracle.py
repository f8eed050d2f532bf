"""The oracle against cases computed by hand, so that it can be trusted to judge the tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from oracle import (
    Definition,
    Features,
    Value,
    average,
    customer_features,
    customer_labels,
    customer_split,
    dataset_splits,
    deviation,
    feature_times,
)
from oracle_orders import (
    UTC,
    Order,
    RawOrder,
    Row,
    Source,
    parse_amount,
    parse_iso,
    parse_status,
    parse_yyyymmdd,
    read_orders,
    stage,
)

D = Decimal
MARCH = datetime(2024, 3, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SHIPPED = Definition()


def days(number: float) -> timedelta:
    return timedelta(days=number)


def order(when: datetime, amount: str = "10", *, customer: str = "a", status: str | None = None) -> Order:
    return Order(
        f"{customer}@{when.isoformat()}", customer, when, D(amount), status, has_status=status is not None
    )


def features_in_march(*orders: Order, definition: Definition = SHIPPED) -> Features:
    """The row of customer a at 2024-03-01; another customer's order makes it a feature time."""
    later = replace(orders[0], order_id="z", customer_id="z", order_ts=MARCH + days(20))
    return customer_features([*orders, later], definition)["a", MARCH]


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2024-02-29T23:59", datetime(2024, 2, 29, 23, 59, tzinfo=UTC)),
        ("2024-02-29 23:59:58", datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)),
        ("2024-02-29T23:59:58.5Z", datetime(2024, 2, 29, 23, 59, 58, 500000, tzinfo=UTC)),
        ("2024-03-01T01:30:00+02:00", datetime(2024, 2, 29, 23, 30, tzinfo=UTC)),
        ("2024-02-29T22:00:00-0530", datetime(2024, 3, 1, 3, 30, tzinfo=UTC)),
        ("2023-02-29", None),
        ("2024-13-01", None),
        ("20240229", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_parse_iso(text: str, expected: datetime | None) -> None:
    assert parse_iso(text) == expected


def test_parse_yyyymmdd() -> None:
    assert parse_yyyymmdd("19970101") == datetime(1997, 1, 1, tzinfo=UTC)
    assert parse_yyyymmdd("19970230") is None
    assert parse_yyyymmdd("1997-01-01") is None


def test_parse_amount() -> None:
    assert parse_amount(" -12.50 ") == D("-12.50")
    assert parse_amount("999999999999999999.999999") == D("999999999999999999.999999")
    assert [parse_amount(text) for text in ("", "1e3", "NaN", "1,5", "0.1234567", "1" * 19)] == [None] * 6


def test_parse_status() -> None:
    assert parse_status(" Pre-Paid ") == "prepaid"
    assert parse_status("COMPLETED") == "completed"
    assert parse_status("NA") is None


def test_purchases_are_the_completed_and_the_shipped() -> None:
    statuses = ["completed", "shipped", "pending", "cancelled", "returned", "other"]
    assert [order(MARCH, status=status).is_purchase for status in statuses] == [True] * 2 + [False] * 4


def test_a_blank_status_is_no_purchase_and_without_statuses_every_order_is_one() -> None:
    assert not replace(order(MARCH), has_status=True).is_purchase
    assert order(MARCH).is_purchase


# ---------------------------------------------------------------- staging


def test_the_latest_load_wins_and_within_it_the_last_line() -> None:
    def delivered(order_id: str, amount: str) -> Order:
        return Order(order_id, "a", MARCH, D(amount))

    staged = stage([[delivered("1", "1"), delivered("2", "2")], [delivered("1", "3"), delivered("1", "4")]])
    assert [(order.order_id, order.amount) for order in staged] == [("1", D(4)), ("2", D(2))]


def test_order_lines_are_summed_within_the_winning_load() -> None:
    def line(when: datetime, amount: str) -> Order:
        return Order("1", "a", when, D(amount))

    first = [line(MARCH, "100")]
    second = [line(MARCH + days(2), "1.10"), line(MARCH + days(1), "2.20"), line(MARCH + days(3), "-0.30")]
    (staged,) = stage([first, second], lines=True)
    assert (staged.amount, staged.order_ts) == (D("3.00"), MARCH + days(1))


def test_read_orders_rejects_what_cannot_be_used_and_counts_physical_lines(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("id,who,at,amount,note\n1,a,2024-03-02,5,later file\n")
    (tmp_path / "a.csv").write_text(
        "id,who,at,amount,note\n"
        '1,a,2024-03-01,1,"two\nlines"\n'
        " 2 , b ,2024-03-01, 2 ,\n"
        ",b,2024-03-01,2,no id\n"
        "4,NULL,2024-03-01,2,no customer\n"
        "5,b,2024-02-30,2,no such day\n"
        "6,b,2024-03-01,two,no number\n"
    )

    def canonical(row: Row, file_name: str, line_number: int) -> RawOrder:
        return RawOrder(row["id"], row["who"], row["at"], row["amount"])

    orders = read_orders(tmp_path, Source(canonical, parse_iso))
    assert [(o.order_id, o.customer_id, o.amount, o.file_name, o.line_number) for o in orders] == [
        ("1", "a", D(5), "b.csv", 2),
        ("2", "b", D(2), "a.csv", 4),
    ]


# ---------------------------------------------------------------- features


def test_an_order_exactly_at_feature_time_is_not_seen_and_one_just_before_is() -> None:
    row = features_in_march(order(MARCH - MICROSECOND, "1"), order(MARCH, "100"))
    assert (row["orders_7d"], row["revenue_total"]) == (1, D(1))


def test_an_order_exactly_w_days_before_is_seen_and_one_just_earlier_is_not() -> None:
    row = features_in_march(order(MARCH - days(7), "1"), order(MARCH - days(7) - MICROSECOND, "100"))
    assert (row["orders_7d"], row["revenue_7d"]) == (1, D(1))
    assert (row["orders_30d"], row["revenue_30d"]) == (2, D(101))


def test_a_whole_row_by_hand() -> None:
    row = features_in_march(
        order(MARCH - days(100), "1.00"),
        order(MARCH - days(40), "2.00"),
        order(MARCH - days(20), "3.10"),
        order(MARCH - days(19.5), "5.00"),
        order(MARCH - days(10), "-1.00"),
        order(MARCH - days(3), "900", status="cancelled"),
    )
    assert row == {
        "orders_7d": 0, "revenue_7d": D(0), "avg_order_value_7d": None, "max_order_value_7d": None,
        "orders_30d": 3, "revenue_30d": D("7.10"),
        "avg_order_value_30d": D("2.366667"), "max_order_value_30d": D("5.00"),
        "orders_90d": 4, "revenue_90d": D("9.10"),
        "avg_order_value_90d": D("2.275000"), "max_order_value_90d": D("5.00"),
        "orders_total": 5, "revenue_total": D("10.10"),
        "days_since_last_order": 10, "days_since_first_order": 100,
    }  # fmt: skip


def test_days_since_are_rounded_down() -> None:
    row = features_in_march(order(MARCH - days(2) + MICROSECOND), order(MARCH - days(3)))
    assert (row["days_since_last_order"], row["days_since_first_order"]) == (1, 3)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (["0.000001", "0"], "0.000001"),
        (["-0.000001", "0"], "-0.000001"),
        (["1", "0", "0"], "0.333333"),
        (["2", "0", "0"], "0.666667"),
        (["999999999999999999.999999"] * 3, "999999999999999999.999999"),
    ],
)
def test_averages_are_rounded_half_away_from_zero(amounts: list[str], expected: str) -> None:
    assert average([D(amount) for amount in amounts]) == D(expected)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([], None),
        (["5"], None),
        (["5", "5"], "0"),
        (["2", "4", "4", "4", "5", "5", "7", "9"], "2.138090"),
        (["0", "0", "0", "0.000001"], "0.000001"),
        (["0", "543.33972"], "384.1992"),
        (["-999999999999999999.999999", "999999999999999999.999999"], "1414213562373095048.801687"),
    ],
)
def test_deviations_are_of_the_sample_and_a_half_is_rounded_up(
    amounts: list[str], expected: str | None
) -> None:
    assert deviation([D(amount) for amount in amounts]) == (None if expected is None else D(expected))


def test_values_by_category_and_those_without_a_value() -> None:
    def sold(when: datetime, channel: str | None, quantity: str | None) -> Order:
        extras = {"quantity": None if quantity is None else D(quantity)}
        return Order(when.isoformat(), "a", when, D(10), channel=channel, extras=extras)

    definition = Definition(
        windows=(7,),
        aggregations={
            "orders": {"rule": "count", "by": "channel", "values": ["web", "In Store"]},
            "items": "sum of quantity",
            "mean": "avg of quantity",
            "channels": "count_distinct of channel",
        },
        totals=("items", "mean"),
    )
    row = features_in_march(
        sold(MARCH - days(20), "web", "5"),
        sold(MARCH - days(3), "web", "1"),
        sold(MARCH - days(2), "In Store", None),
        sold(MARCH - days(1), None, "2"),
        sold(MARCH - days(0.5), "web", None),
        definition=definition,
    )
    assert row == {
        "orders_web_7d": 2, "orders_in_store_7d": 1, "items_7d": D(3), "mean_7d": D("1.5"), "channels_7d": 2,
        "items_total": D(8), "mean_total": D("2.666667"),
        "days_since_last_order": 0, "days_since_first_order": 20,
    }  # fmt: skip


def test_a_customer_appears_after_its_first_purchase() -> None:
    orders = [
        order(MARCH - days(5), status="cancelled"),
        order(MARCH),
        order(datetime(2024, 5, 31, 23, tzinfo=UTC), customer="z"),
    ]
    rows = customer_features(orders, Definition())
    assert sorted(t.month for customer, t in rows if customer == "a") == [4, 5, 6]


def test_active_within_counts_an_order_exactly_n_days_before() -> None:
    orders = [order(MARCH - days(30)), order(MARCH + days(60), customer="z")]
    active = {n: customer_features(orders, Definition(every="day", active_within=n)) for n in (29, 30)}
    assert {n: ("a", MARCH) in rows for n, rows in active.items()} == {29: False, 30: True}


# ---------------------------------------------------------------- calendars


def at(text: str) -> datetime:
    time = parse_iso(text)
    assert time is not None
    return time


def calendar(first: str, last: str, every: str) -> list[str]:
    orders = [order(at(first), status="cancelled"), order(at(last), customer="z", status="pending")]
    return [t.date().isoformat() for t in feature_times(orders, Definition(every=every))]


def test_monthly_calendar_of_all_orders_whatever_their_status() -> None:
    assert calendar("2023-12-31T23:59", "2024-02-29T12:00", "month") == [
        "2024-01-01", "2024-02-01", "2024-03-01",
    ]  # fmt: skip


def test_a_boundary_is_strictly_after_the_first_and_the_last_order() -> None:
    assert calendar("2024-01-01", "2024-02-01", "month") == ["2024-02-01", "2024-03-01"]
    assert calendar("2024-01-01", "2024-01-01", "day") == ["2024-01-02"]


def test_weeks_start_on_monday() -> None:
    assert calendar("2024-02-26", "2024-03-08", "week") == ["2024-03-04", "2024-03-11"]


def test_start_and_end_are_inclusive() -> None:
    orders = [order(at("2024-01-10")), order(at("2024-05-10"))]
    clipped = Definition(start=date(2024, 3, 1), end=date(2024, 4, 1))
    assert [t.month for _, t in customer_features(orders, clipped)] == [3, 4]


def test_every_order_means_the_distinct_times_of_all_orders_after_the_first_purchase() -> None:
    times = [MARCH + days(n) for n in range(5)]
    orders = [
        order(times[0], status="cancelled"),
        order(times[1]),
        order(times[2]),
        Order("tie", "a", times[2], D(1)),
        order(times[3], status="returned"),
        order(times[4], customer="z"),
    ]
    rows = customer_features(orders, Definition(every="order"))
    assert sorted(rows) == [("a", times[2]), ("a", times[3])]
    assert rows["a", times[3]]["orders_total"] == 3


# ---------------------------------------------------------------- labels and splits


def labels_of(*orders: Order, definition: Definition = SHIPPED) -> dict[datetime, Value]:
    return {t: label for (_, t), (label,) in customer_labels([*orders], [("a", MARCH)], definition).items()}


def test_the_label_window_takes_its_start_and_leaves_its_end() -> None:
    end = MARCH + days(30)
    assert labels_of(order(MARCH - MICROSECOND, "1"), order(end, "100")) == {MARCH: D(0)}
    assert labels_of(order(MARCH, "2"), order(end - MICROSECOND, "3"), order(end, "100")) == {MARCH: D(5)}


def test_the_label_is_known_when_its_window_ends_exactly_with_the_data() -> None:
    end = order(MARCH + days(30), customer="z", status="cancelled")
    just_short = order(MARCH + days(30) - MICROSECOND, customer="z", status="cancelled")
    assert labels_of(order(MARCH, "2"), end) == {MARCH: D(2)}
    assert labels_of(order(MARCH, "2"), just_short) == {MARCH: None}


def test_only_purchases_count_in_the_label() -> None:
    assert labels_of(order(MARCH, "2", status="returned"), order(MARCH + days(30))) == {MARCH: D(0)}


def test_a_label_by_condition() -> None:
    gone = Definition(label=("gone", "no purchase"))
    end = order(MARCH + days(30), customer="z")
    assert labels_of(order(MARCH - MICROSECOND), end, definition=gone) == {MARCH: True}
    assert labels_of(order(MARCH), end, definition=gone) == {MARCH: False}
    assert labels_of(order(MARCH), definition=gone) == {MARCH: None}


def splits_of(times: int, definition: Definition, *, unknown: int = 0, step: int = 1) -> str:
    """One letter a feature time, `step` days apart: t, v, T (test) or - for none."""
    keys = [("a", MARCH + days(step * n)) for n in range(times)]
    splits = dataset_splits(keys[: times - unknown], definition)
    letters = {"train": "t", "val": "v", "test": "T", None: "-"}
    return "".join(letters[splits.get(key)] for key in keys)


def test_splits_by_share_of_the_feature_times_with_a_known_label() -> None:
    plain = Definition(embargo=0)
    assert splits_of(10, plain) == "tttttttvTT"
    assert splits_of(20, plain) == "ttttttttttttttvvvTTT"
    assert splits_of(12, plain, unknown=2) == "tttttttvTT--"


def test_rows_whose_label_window_reaches_the_next_split_belong_to_none() -> None:
    assert splits_of(20, Definition(embargo=2)) == "ttttttttttttt-vv-TTT"
    assert splits_of(20, Definition(embargo=1)) == splits_of(20, Definition(embargo=0))
    assert splits_of(20, Definition(horizon=2)) == splits_of(20, Definition(embargo=2))


def test_months_against_an_embargo_of_thirty_days() -> None:
    """February is shorter than the embargo: the row before March 1st is purged."""
    keys = [("a", datetime(2024, month, 1, tzinfo=UTC)) for month in (1, 2, 3, 4)]
    by_date = Definition(val_from=date(2024, 3, 1), test_from=date(2024, 4, 1))
    splits = dataset_splits(keys, by_date)
    assert splits == {keys[0]: "train", keys[2]: "val", keys[3]: "test"}


def test_splits_by_date_start_at_midnight_of_that_day() -> None:
    by_date = Definition(val_from=date(2024, 3, 4), test_from=date(2024, 3, 6), embargo=0)
    assert splits_of(8, by_date) == "tttvvTTT"


def test_too_few_feature_times_give_what_there_is() -> None:
    assert splits_of(0, Definition()) == ""
    assert splits_of(1, Definition()) == "T"
    assert splits_of(2, Definition(embargo=1)) == "tT"


def test_customers_are_split_by_their_hash() -> None:
    """md5 of 42|c2 begins with b50e, so it lies at 0.707 of all that there can be."""
    shares = {D("0.70"): "test", D("0.71"): "train"}
    assert {share: customer_split("c2", Definition(train=share, val=D(0))) for share in shares} == shares
    assert customer_split("c2", Definition(train=D("0.7"), val=D("0.01"))) == "val"
    assert customer_split("c2", Definition(train=D("0.8"), seed=7)) == "val"


def test_by_customer_there_is_no_embargo_and_by_both_the_time_must_agree() -> None:
    keys = [("c2", MARCH + days(n)) for n in range(10)]
    half = {"train": D("0.5"), "val": D("0.3")}
    by_customer = dataset_splits(keys, Definition(by="customer", **half))
    assert by_customer == dict.fromkeys(keys, "val")
    by_both = dataset_splits(keys, Definition(by="both", embargo=1, **half))
    assert by_both == dict.fromkeys(keys[5:8], "val")
