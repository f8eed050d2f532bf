"""The loads that staging reads now."""

from __future__ import annotations

from dataclasses import dataclass

from ready.gate.model import Replacement
from ready.run.build_state import Connection

ACTIVE = """
select
    loads.load_id, loads.file_name, loads.columns, loads.file_bytes, loads.rows_loaded,
    loads.rows_replaced, loads.orders_gone, loads.rows_rejected, first.line_number, first.reason
from raw.loads as loads
left join lateral (
    select line_number, reason
    from raw.rejected_rows as rejected
    where rejected.load_id = loads.load_id
    order by line_number
    limit 1
) as first on true
where loads.status = 'loaded' and loads.source = %s
order by loads.load_id
"""


@dataclass(frozen=True)
class ActiveLoad:
    """A load that no later delivery has superseded.

    columns: the file's header. file_bytes: its size, unpacked. rows_replaced, orders_gone: see raw.loads.
    reject_line, reject_reason: of the first record that could not be read.
    """

    load_id: int
    file_name: str
    columns: tuple[str, ...]
    file_bytes: int
    rows_loaded: int
    rows_replaced: int | None
    orders_gone: int | None
    rows_rejected: int = 0
    reject_line: int | None = None
    reject_reason: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What of the file could not be read, and what it took away."""
        texts = []
        if self.rows_rejected:
            texts.append(
                f"{self.file_name} has {self.rows_rejected} record(s) that could not be read, "
                f"first at line {self.reject_line}: {self.reject_reason}"
            )
        if self.orders_gone:
            texts.append(
                f"{self.file_name} replaced an earlier file of its name ({self.rows_replaced:,} row(s) then, "
                f"{self.rows_loaded:,} now): {self.orders_gone:,} order(s) are gone that no other file had"
            )
        return tuple(texts)

    @property
    def replacement(self) -> Replacement | None:
        if self.rows_replaced is None:
            return None
        return Replacement(
            self.load_id, self.file_name, self.rows_loaded, self.rows_replaced, self.orders_gone
        )


def active_loads(connection: Connection, source: str) -> list[ActiveLoad]:
    """In the order of delivery."""
    with connection, connection.cursor() as cursor:
        cursor.execute(ACTIVE, [source])
        return [
            ActiveLoad(load_id, file_name, tuple(columns or ()), *others)
            for load_id, file_name, columns, *others in cursor.fetchall()
        ]
