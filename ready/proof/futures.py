"""The staged orders with another future: the same before a cutoff, the rest deleted, changed, multiplied.

What lies before a cutoff goes by one column: order_ts, or available_at where every state of an order is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ready.proof.scratch import Scratch

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
        "customer_id": f"case when {{time}} > {{cutoff}} then {OTHER_CUSTOMER} else customer_id end",
        "time": "case when {time} > {cutoff} then {time} + interval '36 hours' else {time} end",
    },
    "multiplied": {
        "order_id": "order_id || '#' || copy_number",
        "time": f"case when copy_number = {COPIES} then {{cutoff}} else {{time}} end",
    },
}


def future_orders(
    place: Scratch, change: str, orders: str, *, columns: Sequence[str], time: str, cutoff: datetime
) -> str:
    """A select of all `columns` of `orders` under that change.

    time: the column that says what lies before the cutoff.
    """
    known = {"time": place.quote(time), "cutoff": place.instant(cutoff)}
    past = "select {} from {} where {time} < {cutoff}".format(place.names(columns), orders, **known)
    replacements = FUTURES[change]
    if replacements is None:
        return past
    replaced = {
        time if name == "time" else name: f"{text.format(**known)} as {place.quote(name)}"
        for name, text in replacements.items()
    }
    numbers = ", ".join(f"({n + 1})" for n in range(COPIES if change == "multiplied" else 1))
    future = (
        "select {} from {} cross join (values {}) as copies (copy_number) where {time} >= {cutoff}".format(
            ", ".join(replaced.get(name, place.quote(name)) for name in columns), orders, numbers, **known
        )
    )
    return f"{past} union all {future}"
