"""The loads that staging reads now."""

from __future__ import annotations

from dataclasses import dataclass

from ready.build_state import Connection

ACTIVE = """
select
    loads.load_id, loads.file_name, loads.columns, loads.file_bytes, loads.rows_rejected,
    first.line_number, first.reason
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

    columns: the file's header. file_bytes: its size, unpacked. warning: what of the file could not be read,
    and where that begins; None when all could.
    """

    load_id: int
    file_name: str
    columns: tuple[str, ...]
    file_bytes: int
    warning: str | None


def active_loads(connection: Connection, source: str) -> list[ActiveLoad]:
    """In the order of delivery."""
    with connection, connection.cursor() as cursor:
        cursor.execute(ACTIVE, [source])
        return [
            ActiveLoad(load_id, file_name, tuple(columns or ()), size, reject_warning(file_name, *rejects))
            for load_id, file_name, columns, size, *rejects in cursor.fetchall()
        ]


def reject_warning(file_name: str, rejected: int, line_number: int | None, reason: str | None) -> str | None:
    """line_number, reason: of its first record that could not be read."""
    if not rejected:
        return None
    return (
        f"{file_name} has {rejected} record(s) that could not be read, first at line {line_number}: {reason}"
    )
