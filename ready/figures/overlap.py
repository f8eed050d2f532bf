"""What validation and test share with train: customers, and rows that are equal apart from their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ready.database.query import is_postgres, select_rows
from ready.definition.column_roles import KEY, SPLIT
from ready.settings import Settings

OTHERS = ("val", "test")
OF_CUSTOMERS = ("rows", "customers", "rows_of_known", "known_customers")
LEAST_COPIES = 0.001
"""Below this share of a split's rows, equal ones are taken for chance."""

CUSTOMERS = """
select
    {sums}
from (
    select customer_id, {counts}
    from {{feats}}.{{table}}
    where split is not null
    group by customer_id
) as customers
"""
SUMS = """
    coalesce(sum({split}), 0) as {split}_rows,
    count(case when {split} > 0 then 1 end) as {split}_customers,
    coalesce(sum(case when train > 0 then {split} end), 0) as {split}_rows_of_known,
    count(case when train > 0 and {split} > 0 then 1 end) as {split}_known_customers"""

# A row is known by a hash of 64 bits of features and label. Subqueries, so that all of it runs in parallel.
COPIES = """
select split, count(*) as copies
from (select split, {content} as content from {{feats}}.{{table}} where split in ('val', 'test')) as others
where content in (select {content} from {{feats}}.{{table}} where split = 'train')
group by split
"""
REPEATED = """
select coalesce(sum(times), 0) as train_rows, coalesce(sum(case when times > 1 then times end), 0) as repeated
from (
    select count(*) as times
    from (select {content} as content from {{feats}}.{{table}} where split = 'train') as members
    group by content
) as contents
"""


@dataclass(frozen=True)
class Overlap:
    """Of validation or test: its rows and customers, and those that train has.

    rows_of_known: rows of customers of train. copies: rows that equal one of train in features and label.
    train_repeated: the share of train's rows that equal another of train, 0 to 1, counted where there are
    copies: so many are of the nature of these data.
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
    names = {f"column_{n}": name for n, name in enumerate(columns) if name not in (*KEY, SPLIT)}
    content = _content(connection, [f"{{{name}}}" for name in names])
    counts = (f"count(case when split = '{name}' then 1 end) as {name}" for name in ("train", *OTHERS))
    sums = ",".join(SUMS.format(split=name) for name in OTHERS)

    def select(query: str, **parts: str) -> list[dict[str, Any]]:
        return select_rows(connection, settings, query.format(**parts), {}, table=table, **names)

    (customers,) = select(CUSTOMERS, counts=", ".join(counts), sums=sums)
    copies = {row["split"]: int(row["copies"]) for row in select(COPIES, content=content)}
    # What is of the nature of the data is asked only where there is something to judge.
    repeated = _share(select(REPEATED, content=content)[0]) if copies else 0.0
    return tuple(
        Overlap(
            split=name,
            copies=copies.get(name, 0),
            train_repeated=repeated,
            **{figure: int(customers[f"{name}_{figure}"]) for figure in OF_CUSTOMERS},
        )
        for name in OTHERS
        if customers[f"{name}_rows"]
    )


def _share(found: dict[str, Any]) -> float:
    return int(found["repeated"]) / int(found["train_rows"]) if found["train_rows"] else 0.0


def _content(connection: Any, columns: Sequence[str]) -> str:
    """Of a row's columns, as select_rows names them, one number, by which equal rows are equal."""
    if is_postgres(connection):
        return f"hash_record_extended(row({', '.join(columns)}), 0)"
    # Spark passes over nulls, which must tell two columns apart.
    return f"xxhash64({', '.join(f'{column}, {column} is null' for column in columns)})"
