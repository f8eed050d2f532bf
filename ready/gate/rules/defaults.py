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

default(
    "lines_are_decided",
    words="it is certain which lines an order has",
    says="order_id has {n} value(s) whose lines are not certain",
    columns=("order_id",),
    way_out="An order with other lines in another file is either cut over the files or corrected by the later one: "
    "in orders.yaml map line_id, an id of the line within its order that each file has once, or else say "
    "lines_over_files: sum (the lines are parts of one order) or lines_over_files: latest (the latest file's stand)",
)
