"""The rules that are on by default: the singular tests in tests/dbt/gate/, each by its file's name.

Their rows are what the test itself returns: file_name and line_number of a record, where it contradicts
another also other_file_name and other_line_number, and the columns that a sample shows.
"""

from __future__ import annotations

from ready.gate.faults import RowFault
from ready.gate.rules.base import RULES, Rule


def default(name: str, *, words: str, says: str, columns: tuple[str, ...], way_out: str) -> None:
    """says: the text, with {n} for the number of rows that the test returns. way_out: a sentence or two."""
    made = Rule(words, (RowFault(says),), columns, way_out=way_out)
    RULES[name] = lambda call: made


UNIQUE_IDS = (
    "Make the id unique by an expression in orders.yaml, such as "
    """order_id: {expression: '"shop" || ''-'' || "order_id"'}"""
)

default(
    "one_customer_per_order",
    words="an order has one customer",
    says="order_id has {n} value(s) that come again with another customer_id",
    columns=("order_id", "customer_id"),
    way_out=UNIQUE_IDS,
)


def default_of_values(name: str, *, words: str, way_out: str = "") -> None:
    """A rule on several columns, whose rows say what is wrong: macros/gate/value_faults.sql has the texts."""
    made = Rule(
        words,
        (RowFault(f"orders_parsed has {{n}} failure(s) of {name}"),),
        way_out=way_out,
        told_by_rows=True,
    )
    RULES[name] = lambda call: made


default_of_values("typed_values", words="values are of the type that orders.yaml gives their column")
default_of_values("typed_amounts_and_times", words="amount and order_ts are a number and a time")
default_of_values(
    "expressions_give_values",
    words="the expressions of orders.yaml can be computed on every record",
    way_out=(
        "Mend the records, or let the expression in orders.yaml give null for them, as with a case; "
        "number() and time() do so by themselves"
    ),
)
default_of_values(
    "local_times_are_certain",
    words="local times come once",
    way_out=(
        "local_times in orders.yaml says which instant they are: later, as now by default, earlier, or "
        "invalid for none"
    ),
)
default_of_values("blank_status", words="every order has a status, where orders.yaml maps one")
default_of_values("long_ids", words="ids are short enough for an index")
default_of_values("long_texts", words="texts are of a usual length")
default_of_values(
    "one_currency",
    words="amounts that are summed are of one currency",
    way_out=(
        "Map the amounts of one currency, or set the others aside: `currency: COLUMN` in orders.yaml, and in "
        "expectations.yaml expect_column_values_to_be_in_set with `meta: {on_fail: quarantine}`"
    ),
)
