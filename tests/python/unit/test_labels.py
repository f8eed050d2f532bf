"""Labels of one's own: what is taken, and each fault with its line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import Definition, dataset_splits

from ready.errors import CheckFailed, UsageError
from ready.label_sets.labels import LabelColumns, Labels, checked_labels
from ready.label_sets.splits import parts_of, split_of

UTC = timezone.utc
COLUMNS = LabelColumns("who", "since", "churned")


def check(*records: Sequence[str | None], kind: str | None = None, skip_unknown: bool = False) -> Labels:
    """Of records from line 2 on; customers that begin with x are unknown."""

    def unknown(ids: Collection[str]) -> set[str]:
        return {name for name in ids if name.startswith("x")}

    rows = [
        (line, dict(zip(("who", "since", "churned"), record, strict=True)))
        for line, record in enumerate(records, start=2)
    ]
    return checked_labels(
        "labels.csv", rows, COLUMNS, kind=kind, unknown_of=unknown, skip_unknown=skip_unknown
    )


def faults(*records: Sequence[str | None], kind: str | None = None) -> list[str]:
    with pytest.raises(CheckFailed) as caught:
        check(*records, kind=kind)
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
        "labels.csv:6: churned is missing",
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


def test_columns_and_records_must_be_there() -> None:
    with pytest.raises(UsageError, match="has no column who, churned; it has customer, since") as caught:
        checked_labels(
            "labels.csv", [(2, {"customer": "C1", "since": "2024"})], COLUMNS,
            kind=None, unknown_of=lambda ids: [], skip_unknown=False,
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
