"""What validation and test share with train: customers, and rows that are equal apart from their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ready.column_roles import KEY, SPLIT
from ready.query import is_postgres, select_rows
from ready.settings import Settings

OTHERS = ("val", "test")
LEAST_COPIES = 0.001
"""Below this share of a split's rows, equal ones are taken for chance."""

# Both groupings read the rows once; a row is known by a hash of 64 bits of its features and label.
QUERY = """
with members as (
    select customer_id, split, {content} as content
    from {{feats}}.{{table}}
    where split is not null
),

customers as (
    select 'customers' as what, {counts}
    from members
    group by customer_id
),

contents as (
    select 'rows' as what, {counts}
    from members
    group by content
),

counted as (
    select * from customers
    union all
    select * from contents
)

select
    what,
    coalesce(sum(train), 0) as train_rows,
    coalesce(sum(case when train > 1 then train end), 0) as train_repeated,
    {sums}
from counted
group by what
"""
SUMS = """
    coalesce(sum({split}), 0) as {split}_rows,
    count(case when {split} > 0 then 1 end) as {split}_groups,
    coalesce(sum(case when train > 0 then {split} end), 0) as {split}_rows_in_train,
    count(case when train > 0 and {split} > 0 then 1 end) as {split}_groups_in_train"""


@dataclass(frozen=True)
class Overlap:
    """Of validation or test: its rows and customers, and those that train has.

    rows_of_known: rows of customers of train. copies: rows that equal one of train in features and label.
    train_repeated: the share of train's rows that equal another of train, 0 to 1: so many are of the nature
    of these data.
    """

    split: str
    rows: int
    customers: int
    rows_of_known: int
    known_customers: int
    copies: int
    train_repeated: float

    @property
    def copied_share(self) -> float:
        """Of the split's rows, 0 to 1."""
        return self.copies / self.rows if self.rows else 0.0

    @property
    def is_copied(self) -> bool:
        """More rows of train are in here again than the data explain by themselves."""
        return self.copied_share >= LEAST_COPIES and self.copied_share > 2 * self.train_repeated


def read_overlaps(
    connection: Any, settings: Settings, *, table: str, columns: Sequence[str]
) -> tuple[Overlap, ...]:
    """Of the splits but train that have rows. columns: all of the training set's."""
    rows = select_rows(
        connection,
        settings,
        QUERY.format(
            content=_content(connection, [name for name in columns if name not in (*KEY, SPLIT)]),
            counts=", ".join(
                f"count(case when split = '{name}' then 1 end) as {name}" for name in ("train", *OTHERS)
            ),
            sums=",".join(SUMS.format(split=name) for name in OTHERS),
        ),
        table=table,
    )
    found = {row["what"]: row for row in rows}
    return tuple(
        _overlap(name, found["customers"], found["rows"])
        for name in OTHERS
        if found and found["customers"][f"{name}_rows"]
    )


def _overlap(split: str, customers: dict[str, Any], rows: dict[str, Any]) -> Overlap:
    in_train = int(rows["train_rows"])
    return Overlap(
        split=split,
        rows=int(customers[f"{split}_rows"]),
        customers=int(customers[f"{split}_groups"]),
        rows_of_known=int(customers[f"{split}_rows_in_train"]),
        known_customers=int(customers[f"{split}_groups_in_train"]),
        copies=int(rows[f"{split}_rows_in_train"]),
        train_repeated=int(rows["train_repeated"]) / in_train if in_train else 0.0,
    )


def _content(connection: Any, columns: Sequence[str]) -> str:
    """Of a row's columns one number, by which equal rows are equal; braces and percents are doubled."""
    if is_postgres(connection):
        names = ", ".join(_quoted(name, '"') for name in columns)
        return f"hash_record_extended(row({names}), 0)"
    # Spark passes over nulls, which must tell two columns apart.
    names = ", ".join(f"{_quoted(name, '`')}, {_quoted(name, '`')} is null" for name in columns)
    return f"xxhash64({names})"


def _quoted(name: str, mark: str) -> str:
    doubled = name.replace(mark, mark * 2).replace("%", "%%")
    return f"{mark}{doubled.replace('{', '{{').replace('}', '}}')}{mark}"
