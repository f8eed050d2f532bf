"""The rules that are on by default: the singular tests in tests/dbt/gate/, each by its file's name.

Their rows are what the test itself returns: file_name and line_number of a record, where it contradicts
another also other_file_name and other_line_number, and the columns that a sample shows.
"""

from __future__ import annotations

from ready.gate.faults import RowFault
from ready.gate.rules.base import RULES, Rule

RENAME = "rename the files: they are loaded in the order of their names"


def default(name: str, *, words: str, says: str, columns: tuple[str, ...], way_out: str) -> None:
    """says: the text, with {n} for the number of rows that the test returns. way_out: a sentence or two."""
    made = Rule(words, (RowFault(says),), columns, way_out=way_out)
    RULES[name] = lambda call: made


def default_of_values(name: str, *, words: str, way_out: str = "") -> None:
    """A rule on several columns, whose rows say what is wrong: macros/gate/value_faults.sql has the texts."""
    fault = RowFault(f"orders_parsed has {{n}} failure(s) of {name}")
    made = Rule(words, (fault,), way_out=way_out, worded_by_rows=True)
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
    "one_time_per_order",
    words="an order has one time",
    says="order_id has {n} value(s) that come again with another order_ts",
    columns=("order_id", "order_ts"),
    way_out=f"{UNIQUE_IDS}; if the time says when a state was entered, map it as available_at",
)
default(
    "lines_agree",
    words="the lines of an order have one status, one currency and one of each text of the order",
    says="{n} order(s) have lines of another status, currency or text of the order",
    columns=("order_id", "differing"),
    way_out="The first line's is the order's; status: {column: ..., of: line} lets each have its own",
)
default(
    "orders_are_whole",
    words="orders have all their lines",
    says="{n} order(s) lack a line that could not be read",
    columns=("order_id",),
    way_out="The second place has it: mend that record in the file. If it is a line of none, relax the rule",
)
default(
    "one_value_per_order",
    words="an order has one of each number and time that is of: order",
    says="{n} order(s) have lines of another number or time, where orders.yaml says of: order",
    columns=("order_id", "differing"),
    way_out="If each line has its own, take of: order out of orders.yaml",
)
default(
    "rows_agree",
    words="an order has one amount in a file",
    says="{n} order(s) come again in one file with another amount, and the last row wins",
    columns=("order_id", "amount"),
    way_out="If these are the lines of an order, say `grain: order_line` in orders.yaml; if not, let "
    "expectations.yaml ask for unique ids: order_id with unique_within_load",
)
default(
    "files_agree",
    words="orders are the same in files that are loaded together",
    says="{n} order(s) differ between files that came together, and the file loaded last wins",
    columns=("order_id", "orders"),
    way_out=f"If another file should win, {RENAME}",
)
default(
    "files_in_order",
    words="a file that is loaded later is no older",
    says="{n} file(s) win over a newer one, as they were loaded later",
    columns=("newest_order_ts", "other_newest_order_ts"),
    way_out=f"If the newer file should win, {RENAME}",
)
default(
    "records_come_once",
    words="no record counts twice as an order of its own",
    says="{n} record(s) stand in another file too and count twice, as their order_id is made of their place",
    columns=("order_id",),
    way_out="Load files that do not overlap, or make order_id of the record's own columns in orders.yaml, "
    "such as the customer and the time",
)
default(
    "rows_are_judged",
    words="the filter `rows` says of every record whether it is an order",
    says="{n} record(s) are left out as the filter `rows` of orders.yaml gives no answer there",
    columns=(),
    way_out="A comparison with a missing value has none: write `is distinct from` for <>, or coalesce",
)
default(
    "no_order_in_the_future",
    words="no time lies after the load of its file",
    says="{n} row(s) have a time after their file was loaded",
    columns=("order_id", "order_ts"),
    way_out="Mend the dates, or the format or timezone in orders.yaml. They set no end to the data",
)
default(
    "no_placeholder_date",
    words="no time is a date that means none",
    says="{n} row(s) have a date that means none",
    columns=("order_id", "order_ts"),
    way_out="Mend the dates, or name the word in null_words. They set no beginning to the data",
)
default(
    "no_isolated_order",
    words="no few orders lie apart in time",
    says="{n} row(s) lie apart from all others in time",
    columns=("order_id", "order_ts"),
    way_out="Mend the dates if they are wrong; if not, raise days of no_isolated_order in expectations.yaml. "
    "They set neither beginning nor end to the data",
)
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
default_of_values("blank_currency", words="every amount has a currency, where orders.yaml maps one")
default_of_values("blank_status", words="every order has a status, where orders.yaml maps one")
default_of_values("long_ids", words="ids are short enough for an index")
default_of_values("long_texts", words="texts are of a usual length")
default_of_values(
    "marks_are_certain",
    words="numbers tell their decimal mark",
    way_out="If it parts thousands, say decimal and thousands in orders.yaml; if not, relax the rule",
)
default_of_values(
    "amounts_are_of_lines",
    words="the amounts of order lines are the lines' own",
    way_out=(
        "If it is the order's total, say amount: {column: ..., of: order} in orders.yaml; if not, relax the "
        "rule"
    ),
)
default_of_values(
    "odd_ids",
    words="ids are as their system wrote them",
    way_out="Export them as text, or mend them by an expression in orders.yaml",
)
default_of_values(
    "one_currency",
    words="amounts that are summed are of one currency",
    way_out=(
        "Map the amounts of one currency, or set the others aside: `currency: COLUMN` in orders.yaml, and "
        "in expectations.yaml expect_column_values_to_be_in_set with `meta: {ready_on_fail: quarantine}`"
    ),
)
default(
    "lines_are_decided",
    words="it is certain which lines an order has",
    says="order_id has {n} value(s) whose lines are not certain",
    columns=("order_id",),
    way_out="It is cut over the files, or the later one corrects it. In orders.yaml map line_id, an id that "
    "a line has in every file and no other line of its order; or say lines_over_files: sum (each file has a "
    "part) or lines_over_files: latest (the file loaded last has it all). If sum is said already, lines of "
    "two files are equal in all mapped columns that both have and differ in another: map line_id, or that "
    "column as one of your own; if it does not distinguish lines, relax the rule, and they are one",
)
# Of a source beside the orders two tests have all rules: what stops a run, and what only warns.
default_of_values("usable_rows", words="every record has its key and time, and its numbers are numbers")
default_of_values("plausible_rows", words="records are as the system wrote them that they come from")

MEND_DATES = "Mend the dates, or the format or timezone in {file}"
# Each rule that sources have -> what to do; empty where its words say it all. `{file}` maps the source.
WAYS_OUT_OF_SOURCES = {
    "one_customer_per_order": "Make the id unique by an expression in {file}, such as "
    """event_id: {{expression: '"shop" || ''-'' || "id"'}}, or map none""",
    "one_time_per_order": "If the id is not that of one event, map none in {file}; if the time says when a "
    "state of it was entered, map it as available_at",
    "rows_agree": "If each row is of its own, let an expression in {file} make the id, or the time, unique; "
    "if not, only the last row counts",
    "files_agree": f"If another file should win, {RENAME}; if each says what was so on its day, map "
    "available_at in {file}",
    "files_in_order": f"If the newer file should win, {RENAME}",
    "records_come_once": "Load files that do not overlap, or map an event_id in {file}",
    "one_currency": "Keep them apart, such as with `by: currency` in features.yaml, or let `rows` in {file} "
    "take those of one; if the numbers are no amounts, or are kept apart, relax the rule",
    "rows_are_judged": "A comparison with a missing value has none: write `is distinct from` for <>, or "
    "coalesce",
    "no_order_in_the_future": f"{MEND_DATES}. If they are meant, relax the rule there",
    "no_placeholder_date": "Mend the dates, or name the word in null_words of {file}. If they are meant, "
    "relax the rule",
    "no_isolated_order": "Mend the dates if they are wrong; if not, raise days of no_isolated_order in "
    "{file}",
    "local_times_are_certain": "local_times in {file} says which instant they are: later, as now by "
    "default, earlier, or invalid for none",
    "marks_are_certain": "If it parts thousands, say decimal and thousands in {file}; if not, relax the rule",
    "odd_ids": "Export them as text, or mend them by an expression in {file}",
    "long_texts": "",
    "typed_values": "",
    "typed_amounts_and_times": "",
    "long_ids": "",
    "expressions_give_values": "",
}


def way_out_of_source(rule: str, source: str) -> str:
    """Empty where the words of the rule say it all."""
    return WAYS_OUT_OF_SOURCES.get(rule, "").format(file=f"{source}.yaml")
