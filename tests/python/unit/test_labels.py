"""Labels of one's own: what is taken, and each fault with its line."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import Definition, dataset_splits

from ready.dataset.training_set import training_set_table
from ready.errors import CheckFailed, UsageError
from ready.label_sets.doubts import doubts_of
from ready.label_sets.label_set import MOST_BYTES, NAME, LabelDefinition, build_label_set
from ready.label_sets.labels import LabelColumns, Labels, checked_labels
from ready.label_sets.splits import parts_of, split_of
from ready.settings import Settings

UTC = timezone.utc
COLUMNS = LabelColumns("who", "since", "churned")


def check(
    *records: Sequence[str | None], kind: str | None = None, horizon: int = 30, skip_unknown: bool = False
) -> Labels:
    """Of records from line 2 on; customers that begin with x are unknown."""

    def unknown(ids: Collection[str]) -> set[str]:
        return {name for name in ids if name.startswith("x")}

    rows = [
        (line, dict(zip(("who", "since", "churned"), record, strict=True)))
        for line, record in enumerate(records, start=2)
    ]
    return checked_labels(
        "labels.csv", rows, COLUMNS, header=("who", "since", "churned"), horizon=horizon,
        kind=kind, unknown_of=unknown, without="purchase", skip_unknown=skip_unknown,
    )  # fmt: skip


def check_values(*values: str, kind: str | None = None) -> Labels:
    return check(*((f"C{number}", "2024-03-01", value) for number, value in enumerate(values)), kind=kind)


def faults(*records: Sequence[str | None], kind: str | None = None, horizon: int = 30) -> list[str]:
    with pytest.raises(CheckFailed) as caught:
        check(*records, kind=kind, horizon=horizon)
    first, *lines = caught.value.message.splitlines()
    assert first.startswith("labels.csv has ")
    assert first.endswith("so nothing was built")
    return [line.strip() for line in lines]


def test_labels_are_read_with_their_lines() -> None:
    labels = check(
        ("C1", "2024-03-01", "1"),
        (" C2 ", "2024-03-01T12:00:00+01:00", "0"),
        ("C1", "2024-04-01 00:00", " 1 "),
    )
    assert [(row.line, row.customer_id, row.time, row.value) for row in labels.rows] == [
        (2, "C1", datetime(2024, 3, 1, tzinfo=UTC), "1"),
        (3, "C2", datetime(2024, 3, 1, 11, tzinfo=UTC), "0"),
        (4, "C1", datetime(2024, 4, 1, tzinfo=UTC), "1"),
    ]  # fmt: skip
    assert (labels.kind, labels.sql_type, labels.unknown) == ("integer", "bigint", 0)


@pytest.mark.parametrize(
    ("values", "kind", "sql_type", "read"),
    [
        (["1", "-007", "+0"], "integer", "bigint", ["1", "-7", "0"]),
        (["1", "2.50", "1e-3"], "number", "numeric(38,3)", ["1", "2.50", "0.001"]),
        (["True", "FALSE"], "boolean", "boolean", ["true", "false"]),
        (["gold", "1", "silver"], "text", "text", ["gold", "1", "silver"]),
    ],
)
def test_what_a_label_is_shows_in_its_values(
    values: list[str], kind: str, sql_type: str, read: list[str]
) -> None:
    labels = check(*((f"C{number}", "2024-03-01", value) for number, value in enumerate(values)))
    assert (labels.kind, labels.sql_type, [row.value for row in labels.rows]) == (kind, sql_type, read)
    as_text = check(("C1", "2024-03-01", values[0]), kind="text")
    assert (as_text.sql_type, as_text.rows[0].value) == ("text", values[0])


def test_each_fault_is_named_with_its_line() -> None:
    assert faults(
        ("C1", "2024-03-01", "1"),
        (None, "2024-03-01", "1"),
        ("C2", "01.03.2024", "0"),
        ("C3", "NULL", "0"),
        ("C4", "2024-03-01", "nan"),
        ("C1", "2024-03-01T01+01", "0"),
        ("x9", "2024-03-01", "0"),
        ("C5", "2024-02-30", "maybe"),
    ) == [
        "labels.csv:3: who is missing",
        "labels.csv:4: since '01.03.2024' is no ISO time",
        "labels.csv:5: since is missing",
        "labels.csv:6: churned 'nan' is read as missing; if it is a class: --label-type text",
        "labels.csv:7: who 'C1' at 2024-03-01T01+01 has a label in line 2 already ('1' there, '0' here)",
        "labels.csv:8: who 'x9' has no purchase in the data",
        "labels.csv:9: churned 'maybe' is no number; if labels are classes: --label-type text",
        "labels.csv:9: since '2024-02-30' is no ISO time",
    ]


def test_of_many_faults_the_first_are_shown_and_all_are_counted() -> None:
    found = faults(*((f"C{number}", "", "1") for number in range(25)))
    assert found[-1] == "and 15 more"
    assert len(found) == 11


def test_a_kind_that_is_asked_for_holds_for_every_label() -> None:
    assert faults(("C1", "2024-03-01", "1"), ("C2", "2024-03-01", "1.5"), kind="integer") == [
        "labels.csv:3: churned '1.5' is no integer; if labels are classes: --label-type text"
    ]
    with pytest.raises(
        CheckFailed, match=r"labels\.csv:2: 1{30} beside one with 10 decimals has more than 38"
    ):
        check(("C1", "2024-03-01", "1" * 30), ("C2", "2024-03-01", "0.1234567890"))


def test_unknown_customers_are_left_out_where_asked() -> None:
    labels = check(("x1", "2024-03-01", "high"), ("C1", "2024-03-01", "1"), skip_unknown=True)
    assert ([row.customer_id for row in labels.rows], labels.unknown, labels.kind) == (["C1"], 1, "integer")
    with pytest.raises(CheckFailed, match=r"no customer of labels\.csv has a purchase"):
        check(("x1", "2024-03-01", "1"), skip_unknown=True)
    with pytest.raises(CheckFailed) as caught:
        check(("x1", "2024-03-01", "1"))
    assert "zeros in front" in str(caught.value.hint)


def test_the_hint_is_on_unknown_customers_only_where_there_are_some() -> None:
    skipping = "labels of customers without a purchase: --skip-unknown"
    known, unknown, bad = ("C1", "2024-03-01", "1"), ("x1", "2024-03-01", "1"), ("C2", "never", "1")
    for records, hint in (
        ([known, bad], "mend the file and run again"),
        ([(None, "2024-03-01", "1")], "mend the file and run again"),
        ([known, unknown], f"mend the file and run again; {skipping}"),
    ):
        with pytest.raises(CheckFailed) as caught:
            check(*records)
        assert caught.value.hint == hint
    with pytest.raises(CheckFailed) as caught:
        check(unknown, bad, skip_unknown=True)
    assert caught.value.hint == "mend the file and run again"


OTHER_NOTATIONS = [
    "12,50", ",5", "1%", "12.5 %", "2,5‰", "1,234.50", "1.234,50", "1.234.567", "1 234", "1\u202f234,5",
    "1'234", "12,34,567", "-1,5", "−1", "+ 1", "inf", "-Infinity", "∞", "1e5000", "1,5e3",
]  # fmt: skip


@pytest.mark.parametrize("value", OTHER_NOTATIONS)
def test_numbers_in_another_notation_are_no_classes(value: str) -> None:
    read = "as it is read, such as 1234.5, -2 or 1e-3; if labels are classes: --label-type text"
    fault = f"labels.csv:3: churned {value!r} is no number {read}"
    assert faults(("C1", "2024-03-01", "gold"), ("C2", "2024-03-01", value)) == [fault]
    assert faults(("C1", "2024-03-01", "1"), ("C2", "2024-03-01", value), kind="number") == [fault]
    assert faults(*((f"C{number}", "2024-03-01", value) for number in range(3)))[1] == fault
    assert check_values("gold", value, kind="text").rows[1].value == value


@pytest.mark.parametrize(
    "value", ["1-2", "1.2.3", "01.02.2024", "10:30", "1.23.4567", "information", "5+", "%"]
)
def test_classes_may_have_digits(value: str) -> None:
    assert check_values("gold", value).kind == "text"


def test_a_long_text_of_digits_is_judged_at_once() -> None:
    started = time.process_time()
    assert check_values("gold", "1" * 50_000 + "x").kind == "text"
    assert time.process_time() - started < 5


@pytest.mark.parametrize(("first", "second"), [("true", "0"), ("1.5", "False"), ("yes", "0"), ("1", "NO")])
def test_flags_and_numbers_are_not_mixed(first: str, second: str) -> None:
    is_number = "a number", "a flag"
    other, one = is_number if second[0].isdigit() else is_number[::-1]
    records = [("C1", "2024-03-01", first), ("C2", "2024-03-01", second)]
    assert faults(*records) == [
        f"labels.csv:3: churned {second!r} is {other}, but {first!r} in line 2 is {one}: "
        "write all alike; if labels are classes: --label-type text"
    ]
    assert check(*records, kind="text").kind == "text"


def test_with_text_asked_for_only_an_empty_label_is_missing() -> None:
    names = ["none", "NA", "null", "NaN", "n/a"]
    assert [row.value for row in check_values(*names, kind="text").rows] == names
    assert faults(("C1", "2024-03-01", " "), ("C2", "2024-03-01", "NA"), kind="text") == [
        "labels.csv:2: churned is missing"
    ]
    assert faults(("C1", "2024-03-01", "low"), ("C2", "2024-03-01", "NA")) == [
        "labels.csv:3: churned 'NA' is read as missing; if it is a class: --label-type text"
    ]


@pytest.mark.parametrize(
    ("at", "horizon", "is_possible"),
    [
        ("9999-12-01", 30, True),
        ("9999-12-01T00:00:00.000001", 30, False),
        ("9999-12-31", 0, True),
        ("9999-12-31", 30, False),
        ("9999-12-31T23:00:00-05:00", 0, False),
        ("0001-01-02", 30, True),
        ("0001-01-01T00:00:00+05:00", 30, False),
        ("0000-01-01", 30, False),
        ("9899-12-31", 36_500, True),
        ("9900-02-01", 36_500, False),
    ],
)
def test_a_time_and_its_horizon_have_a_date(at: str, horizon: int, is_possible: bool) -> None:
    records = [("C1", "2024-03-01", "1"), ("C2", at, "0")]
    if is_possible:
        rows = check(*records, horizon=horizon).rows
        assert rows[1].time == datetime.fromisoformat(at).replace(tzinfo=UTC)
        parts = parts_of([row.time for row in rows], {})
        assert [split_of("C", row.time, parts, {}, horizon) for row in rows]
    else:
        latest = date(9999, 12, 31) - timedelta(days=horizon)
        assert faults(*records, horizon=horizon) == [
            f"labels.csv:3: since {at!r} is out of bounds: with this horizon times are from 0001-01-02 "
            f"to {latest}"
        ]


def test_long_values_are_cut_in_messages() -> None:
    long, shown = "y" * 5_000, "y" * 79 + "…"
    assert faults(
        ("x" + long, "2024-03-01", "1"), ("C1", long, "1"), ("C2", "2024-03-01", long), kind="integer"
    ) == [
        f"labels.csv:2: who 'x{shown[1:]}' has no purchase in the data",
        f"labels.csv:3: since '{shown}' is no ISO time",
        f"labels.csv:4: churned '{shown}' is no integer; if labels are classes: --label-type text",
    ]
    fit = "y" * 80
    assert faults(("C1", fit, "1")) == [f"labels.csv:2: since '{fit}' is no ISO time"]
    with pytest.raises(
        CheckFailed, match=r"labels\.csv:2: 1{79}… beside one with 0 decimals has more than 38"
    ):
        check_values("1" * 500, kind="number")


def doubts(labels: Labels, *, end: datetime | None = None, early: Sequence[int] = ()) -> list[str]:
    """early: positions of labels."""
    counts = {"train": 1, "val": 1, "test": 1}
    return list(doubts_of("labels.csv", labels, counts, end=end, early=[labels.rows[at] for at in early]))


def test_labels_outside_of_the_purchases_are_doubtful() -> None:
    labels = check(("C1", "2024-03-01", "1"), ("C2", "2024-04-01", "0"), ("C3", "2024-04-02", "0"))
    assert doubts(labels, end=datetime(2024, 4, 1, tzinfo=UTC), early=[0]) == [
        "1 label(s) are later than the last order (2024-04-01 00:00 UTC), the first in labels.csv:4: "
        "what happened since is not in their features",
        "1 label(s) are before the first purchase of their customer, the first in labels.csv:2: "
        "their features are those of a customer without a purchase",
    ]
    assert doubts(labels, end=datetime(2024, 4, 2, tzinfo=UTC)) == []
    assert list(doubts_of("labels.csv", labels, {"train": 3, None: 1}, end=None, early=[])) == [
        "no row is in val",
        "no row is in test",
    ]


@pytest.mark.parametrize(
    ("values", "shown"), [(["1.0", "1", "1.00"], "'1.0'"), (["True", "true"], "'true'"), (["a", "a"], "'a'")]
)
def test_labels_that_are_all_alike_are_doubtful(values: list[str], shown: str) -> None:
    assert doubts(check_values(*values)) == [f"every label is {shown}: a model learns nothing from them"]


@pytest.mark.parametrize(
    ("classes", "rows", "is_doubtful"), [(101, 201, True), (101, 202, False), (100, 100, False)]
)
def test_classes_that_are_nearly_all_distinct_are_doubtful(
    classes: int, rows: int, is_doubtful: bool
) -> None:
    labels = check_values(*(f"class {number % classes}" for number in range(rows)))
    text = (
        f"{rows} labels have {classes} classes, the first 'class 0' in labels.csv:2: "
        "are they ids, or numbers in another notation?"
    )
    assert doubts(labels) == ([text] if is_doubtful else [])
    assert doubts(check_values(*map(str, range(rows)))) == []


def test_a_set_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """No file is there, and no database."""
    longest = "é" * 31 + "y"
    for name, label, horizon, message in (
        ("churn", longest, 36_500, "there is no file"),
        ("churn", f"{longest}y", 1, f"the label's column {longest}y has a name of 64 bytes: at most 63"),
        ("churn", "label", 36_501, "a horizon of 36501 days is too long: at most 36500, 100 years"),
        ("churn", "label", 9_999_999_999, "a horizon of 9999999999 days is too long"),
        ("a" * 41, "label", 1, "cannot be named a{41}"),
    ):
        definition = LabelDefinition(LabelColumns(label=label), horizon)
        with pytest.raises(UsageError, match=message):
            build_label_set(
                Settings.resolve(home=str(tmp_path)), tmp_path / "none.csv",
                name=name, definition=definition, say=lambda title, text: None,
            )  # fmt: skip


def test_the_longest_name_of_a_set_is_whole_in_the_name_of_its_table() -> None:
    longest = "a" * 40
    assert re.fullmatch(NAME, longest)
    assert not re.fullmatch(NAME, longest + "a")
    assert len(training_set_table(longest)) <= MOST_BYTES


def test_columns_and_records_must_be_there() -> None:
    with pytest.raises(UsageError, match="has no column who, churned; it has since, customer") as caught:
        checked_labels(
            "labels.csv", [(2, {"customer": "C1", "since": "2024"})], COLUMNS,
            header=("since", "customer"), horizon=1,
            kind=None, unknown_of=lambda ids: [], without="purchase", skip_unknown=False,
        )  # fmt: skip
    assert caught.value.hint == "name the right one with --customer, --label"
    with pytest.raises(CheckFailed, match="has no labels"):
        check()


KEYS = st.lists(
    st.tuples(
        st.sampled_from(["C1", "C2", "C3", "Ä"]),
        st.builds(
            lambda day, beside: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day, microseconds=beside),
            st.integers(0, 120),
            st.sampled_from([0, 0, 1, -1]),
        ),
    ),
    max_size=40,
)
DATES = {"val_from": date(2024, 2, 1), "test_from": date(2024, 3, 1)}


@given(
    keys=KEYS,
    by=st.sampled_from(["time", "customer", "both"]),
    shares=st.sampled_from(["0.7 0.15", "0.5 0.3", "0.1 0.2", "0.9 0.1"]),
    dates=st.sampled_from([{}, DATES]),
    horizon=st.sampled_from([0, 1, 30, 90]),
)
def test_splits_are_those_of_the_oracle(
    keys: list[tuple[str, datetime]], by: str, shares: str, dates: dict[str, date], horizon: int
) -> None:
    train, val = map(Decimal, shares.split())
    definition = Definition(by=by, train=train, val=val, horizon=horizon, seed=7, **dates)
    splits: dict[str, Any] = {"by": by, "train": float(train), "val": float(val), "seed": 7}
    splits |= {name: day.isoformat() for name, day in dates.items()}
    parts = parts_of([time for _, time in keys], splits)
    found = {key: split_of(*key, parts, splits, horizon) for key in keys}
    assert {key: split for key, split in found.items() if split} == dataset_splits(keys, definition)
