"""The staged orders with another future: the same before a cutoff, the rest deleted, changed, multiplied."""

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
        "customer_id": f"case when order_ts > %(cutoff)s then {OTHER_CUSTOMER} else customer_id end",
        "order_ts": "case when order_ts > %(cutoff)s then order_ts + interval '36 hours' else order_ts end",
    },
    "multiplied": {
        "order_id": "order_id || '#' || copy_number",
        "order_ts": f"case when copy_number = {COPIES} then %(cutoff)s::timestamptz else order_ts end",
    },
}


def future_orders(change: str, orders: sql.Composable, columns: Sequence[str]) -> sql.Composed:
    """A select of all `columns` of `orders` under that change; it takes the argument cutoff."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    past = sql.SQL("select {} from {} where order_ts < %(cutoff)s").format(names, orders)
    replacements = FUTURES[change]
    if replacements is None:
        return past
    values = [sql.SQL(replacements[c]) if c in replacements else sql.Identifier(c) for c in columns]
    future = sql.SQL(
        "select {} from {} cross join generate_series(1, {}) as copies (copy_number) "
        "where order_ts >= %(cutoff)s"
    ).format(sql.SQL(", ").join(values), orders, sql.Literal(COPIES if change == "multiplied" else 1))
    return sql.SQL("{} union all {}").format(past, future)
