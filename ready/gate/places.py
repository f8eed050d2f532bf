"""Where in their files the nulls of a rule stand, and what setting that speaks for."""

from __future__ import annotations

from collections.abc import Iterator

from ready.gate.faults import identifier
from ready.gate.inspector import Inspector

# Without these a line is hardly an order.
KEYS = ("order_id", "customer_id", "order_ts")
# So many lines at the begin or the end of a file may be none of its records.
EDGE = 5
# In fewer records most lines are at an edge.
LEAST_RECORDS = 4 * EDGE

AT_EDGES = """
select
    count(*) as at_fault,
    sum(case when line_number > last_line - {edge} then 1 else 0 end) as at_end,
    sum(case when line_number < first_line + {edge} then 1 else 0 end) as at_begin,
    min(records) as records,
    min(file_name) as file_name,
    count(distinct file_name) as files,
    min(line_number) as line_number
from (
    select failing.file_name, failing.line_number, edges.first_line, edges.last_line, edges.records
    from ({failing}) as failing
    inner join (
        select load_id, min(line_number) as first_line, max(line_number) as last_line, count(*) as records
        from {relation}
        group by load_id
    ) as edges on edges.load_id = failing.load_id
) as placed
"""
# A line that has the column, above another one of its order.
ABOVE = """
    select 1
    from {relation} as above
    where above.load_id = line.load_id and above.order_id = line.order_id
        and above.line_number < line.line_number and above.{column} is not null
"""
NULL_ELSEWHERE = f"select count(*) from ({{failing}}) as line where not exists ({ABOVE})"
FILLED_BELOW = (
    f"select count(*) from {{relation}} as line where line.{{column}} is not null and exists ({ABOVE})"
)


def worded_by_place(inspector: Inspector, relation: str, failing: str | None, column: str) -> Iterator[str]:
    """What nulls are likely to be that stand at an edge of a file, or below the first line of their order.

    failing: a query with the rows at fault.
    """
    if not failing:
        return
    if column in KEYS:
        yield from _at_an_edge(inspector, relation, failing)
    if column == "order_id":
        return
    parts = {"failing": failing, "relation": relation, "column": identifier(column)}
    if all(inspector.value(sql.format(**parts)) == 0 for sql in (NULL_ELSEWHERE, FILLED_BELOW)):
        yield (
            f"only the first line of an order has {column}: if it is the order's, set"
            f" {column}: {{column: ..., of: order}} in orders.yaml, with grain: order_line"
        )


def _at_an_edge(inspector: Inspector, relation: str, failing: str) -> Iterator[str]:
    rows = inspector.rows(AT_EDGES.format(failing=failing, relation=relation, edge=EDGE))
    if not rows or not rows[0]["at_fault"] or rows[0]["records"] < LEAST_RECORDS:
        return
    (found,) = rows
    first = f"{found['file_name']}:{found['line_number']}"
    where = (
        f"{first} and on" if found["files"] == 1 else f"{found['files']} files, such as {found['file_name']}"
    )
    if found["at_end"] == found["at_fault"]:
        yield (
            f"the records at fault are the last lines ({where}): if they are no orders but totals or a"
            " signature, set file: {footer_lines: TEXT} in orders.yaml, with the text that they begin with"
        )
    elif found["at_begin"] == found["at_fault"]:
        yield (
            f"the records at fault are the first lines ({where}): if they are no orders, set"
            " file: {header_line: N} in orders.yaml to the line of the header right above the records"
        )
