"""Tables with another future: the same before a cutoff, the rest deleted, changed, multiplied.

What lies before a cutoff goes by one column: of orders order_ts, or available_at where every state of an
order is kept; of a dated table the column that it names. A cutoff is one instant for all rows, or each
customer's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ready.proof.scratch import Scratch

FUTURES = ("deleted", "changed", "multiplied")

# An order exactly at the cutoff keeps customer and time: with `every: order` they make the row there.
# One of the copies is moved to the cutoff itself: a row may not see orders of its own instant. There each
# customer also gets a copy of the last order before it: a peek then needs no order that happens to lie there.
COPIES = 3
OTHER_CUSTOMER = "coalesce(lead(customer_id) over (order by md5(order_id)), 'nobody')"
LATER = "interval '36 hours'"


@dataclass(frozen=True)
class Future:
    """change: of FUTURES. cutoff: for all; or None: `cutoffs` has each customer's own cutoff and change.

    only: the one table, as SQL, that has it; empty for all that the check changes.
    """

    change: str = ""
    cutoff: datetime | None = None
    cutoffs: str = ""
    only: str = ""

    def __str__(self) -> str:
        alone = f", in {self.only} alone" if self.only else ""
        if self.cutoff is None:
            return f"each customer's own cutoff{alone}"
        return f"{self.cutoff:%Y-%m-%d %H:%M:%S}: what comes from then on {self.change}{alone}"


class _Cut:
    """A table's rows, each with its cutoff and its change."""

    def __init__(
        self, place: Scratch, table: str, types: Mapping[str, str], time: str, future: Future
    ) -> None:
        self.place = place
        self.types = types
        self.time = place.as_instant(place.quote(time))
        self.changes = [future.change] if future.cutoff else list(FUTURES)
        if future.cutoff:
            own = f"{place.instant(future.cutoff)} as ready__cutoff, '{future.change}' as ready__change"
            cut = f"select now.*, {own} from {table} as now"
        else:
            own = "cutoffs.cutoff as ready__cutoff, cutoffs.change as ready__change"
            by = f"{place.as_text('now.customer_id')} = cutoffs.customer_id"
            cut = f"select now.*, {own} from {table} as now left join {future.cutoffs} as cutoffs on {by}"
        self.rows = f"({cut}) as cut"
        self.is_past = f"coalesce({self.time} < ready__cutoff, ready__cutoff is null)"

    def select(self, replaced: Mapping[str, str], *, rows: str = "", where: str = "") -> str:
        """Rows with these expressions in place of columns, if there are such columns."""
        columns = ", ".join(
            f"{replaced[name]} as {self.place.quote(name)}" if name in replaced else self.place.quote(name)
            for name in self.types
        )
        return f"select {columns} from {rows or self.rows} where {where or self.is_past}"

    def future(self, change: str) -> str:
        return f"not {self.is_past} and ready__change = '{change}'"

    def copies(self, number: int) -> str:
        numbers = ", ".join(f"({n + 1})" for n in range(number))
        return f"{self.rows} cross join (values {numbers}) as copies (copy_number)"


def future_orders(place: Scratch, orders: str, types: Mapping[str, str], time: str, future: Future) -> str:
    """A select of all columns of the orders with that future."""
    cut = _Cut(place, orders, types, time, future)
    parts = [cut.select({})]
    at = place.quote(time)
    if "changed" in cut.changes:
        after = f"{at} > ready__cutoff"
        replaced = {
            "amount": "amount * 7 + 0.13",
            "status": "'changed'",
            "channel": "'changed'",
            "is_purchase": "is_purchase <> (md5(order_id) < '4')",
            time: f"case when {after} then {at} + {LATER} else {at} end",
        }
        # To whom an order goes must not have it before the own cutoff.
        if future.cutoff:
            replaced["customer_id"] = f"case when {after} then {OTHER_CUSTOMER} else customer_id end"
        parts.append(cut.select(replaced, where=cut.future("changed")))
    if "multiplied" in cut.changes:
        replaced = {
            "order_id": "order_id || '#' || copy_number",
            time: f"case when copy_number = {COPIES} then ready__cutoff else {at} end",
        }
        parts.append(cut.select(replaced, rows=cut.copies(COPIES), where=cut.future("multiplied")))
        purchases_first = "is_purchase desc, " if "is_purchase" in types else ""
        last = (
            f"(select *, row_number() over (partition by customer_id order by {purchases_first}{at} desc, "
            f"order_id) as ready__place from {cut.rows} "
            f"where {cut.is_past} and ready__change = 'multiplied') as last"
        )
        replaced = {"order_id": "order_id || '#again'", time: "ready__cutoff"}
        parts.append(cut.select(replaced, rows=last, where="ready__place = 1"))
    return " union all ".join(parts)


def future_rows(place: Scratch, table: str, types: Mapping[str, str], time: str, future: Future) -> str:
    """A select of all columns of a dated table with that future. A row without a time was never known."""
    cut = _Cut(place, table, types, time, future)
    cut.is_past = f"({cut.time} < ready__cutoff) is true"
    if not future.cutoff:
        cut.is_past = f"(ready__cutoff is null or {cut.is_past})"
    parts = [cut.select({})]
    if "changed" in cut.changes:
        replaced = {name: _other(place, name, type, cut.time) for name, type in types.items() if name != time}
        parts.append(cut.select(replaced, where=cut.future("changed")))
    if "multiplied" in cut.changes:
        # Such a table may have a key: no row comes twice, but later, or at the cutoff itself.
        at, type = place.quote(time), types[time]
        moved = f"{cut.time} + {LATER}"
        if type.startswith(("timestamp", "date")):
            # A date is known since its midnight.
            border = "ready__cutoff + interval '1 day' - interval '1 microsecond'"
            border = "ready__cutoff" if type.startswith("timestamp") else border
            moved = f"case when md5({place.as_text(at)}) < '8' then {moved} else {border} end"
        known = f"{at} is not null and {cut.future('multiplied')}"
        parts.append(cut.select({time: f"cast({moved} as {type})"}, where=known))
    return " union all ".join(parts)


def _other(place: Scratch, name: str, type: str, time: str) -> str:
    """Another value of the type; what rows are joined by stays."""
    column = place.quote(name)
    if name in ("id", "key") or name.endswith(("_id", "_key")):
        return column
    if type.startswith(
        ("smallint", "int", "bigint", "tinyint", "numeric", "decimal", "real", "double", "float")
    ):
        return f"cast(-{column} - 1 as {type})"
    if type == "boolean":
        return f"not {column}"
    if type.startswith(("timestamp", "date")):
        return f"cast({column} + {LATER} as {type})"
    # Only of some rows: texts may be keys, too, and without them a join would find no row to see numbers in.
    if type.startswith(("text", "character varying", "string", "varchar")):
        some = f"md5({place.as_text(time)} || {place.as_text(column)}) < '8'"
        return f"case when {some} then cast('changed' as {type}) else {column} end"
    return column
