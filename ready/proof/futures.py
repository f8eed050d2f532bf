"""The staged orders with another future: the same before a cutoff, the rest deleted, changed, multiplied.

What lies before a cutoff goes by one column: order_ts, or available_at where every state of an order is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from psycopg2 import sql

# For each change what becomes of the columns of the orders at or after the cutoff; None where they go.
# An order exactly at the cutoff keeps customer and time: with `every: order` they make the row there.
# One of the copies is moved to the cutoff itself: a row may not see orders of its own instant.
COPIES = 3
OTHER_CUSTOMER = "coalesce(lead(customer_id) over (order by md5(order_id)), 'nobody')"
FUTURES: dict[str, Mapping[str, str] | None] = {
    "deleted": None,
    "changed": {
        "amount": "amount * 7 + 0.13",
        "status": "'changed'",
        "channel": "'changed'",
        "is_purchase": "is_purchase <> (md5(order_id) < '4')",
        "customer_id": f"case when {{time}} > %(cutoff)s then {OTHER_CUSTOMER} else customer_id end",
        "time": "case when {time} > %(cutoff)s then {time} + interval '36 hours' else {time} end",
    },
    "multiplied": {
        "order_id": "order_id || '#' || copy_number",
        "time": f"case when copy_number = {COPIES} then %(cutoff)s::timestamptz else {{time}} end",
    },
}


def future_orders(change: str, orders: sql.Composable, columns: Sequence[str], time: str) -> sql.Composed:
    """A select of all `columns` of `orders` under that change; it takes the argument cutoff.

    time: the column that says what lies before the cutoff.
    """
    names, time_column = sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(time)
    past = sql.SQL("select {} from {} where {} < %(cutoff)s").format(names, orders, time_column)
    replacements = FUTURES[change]
    if replacements is None:
        return past
    replaced = {
        time if name == "time" else name: sql.SQL(text).format(time=time_column)
        for name, text in replacements.items()
    }
    future = sql.SQL(
        "select {} from {} cross join generate_series(1, {}) as copies (copy_number) where {} >= %(cutoff)s"
    ).format(
        sql.SQL(", ").join(replaced.get(name, sql.Identifier(name)) for name in columns),
        orders,
        sql.Literal(COPIES if change == "multiplied" else 1),
        time_column,
    )
    return sql.SQL("{} union all {}").format(past, future)
