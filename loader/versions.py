"""The version of schema raw, and the way up from each earlier one.

To change a table that may hold data already: raise VERSION, add the statement that changes it to
MIGRATIONS, and the new shape to loader/schema.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader.errors import ServerError

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

VERSION = 5

# Before versions were carried, the same bytes could be active under two names. The latest delivery stays
# active: it is the one whose orders count, so nothing built from it changes.
ONE_ACTIVE_LOAD = """
update raw.loads as earlier
set status = 'superseded', superseded_by = latest.load_id, superseded_at = now()
from (
    select source, {column}, max(load_id) as load_id
    from raw.loads
    where status = 'loaded'
    group by source, {column}
) as latest
where earlier.status = 'loaded' and earlier.load_id < latest.load_id
    and earlier.source = latest.source and earlier.{column} = latest.{column}
"""

# What to run on a schema of the version before; each is followed by the DDL, which adds what is missing.
MIGRATIONS = {
    1: ";".join(
        [
            ONE_ACTIVE_LOAD.format(column="file_name"),
            ONE_ACTIVE_LOAD.format(column="file_sha256"),
            "set constraints all immediate",  # before that no index can be made
        ]
    ),
    # What a load takes away is recorded, and files without a record may be alike.
    2: """
        alter table raw.loads
            add column rows_replaced bigint check (rows_replaced >= 0),
            add column orders_gone bigint check (orders_gone >= 0);
        drop index if exists raw.loads_active_bytes
    """,
    # The settings that a load was read with.
    3: "alter table raw.loads add column reading jsonb",
    # Triggers that the DDL makes: a load on record is complete.
    4: "set constraints all immediate",
    # Functions that the DDL makes: nothing temporary takes the place of the server's own.
    5: "set constraints all immediate",
}


def recorded_version(cursor: Cursor) -> int | None:
    """The version that schema raw says it has; 0 when it says none, None when it has no tables.

    Raises ServerError when it is newer than this release.
    """
    # Not to_regclass, which within a transaction may not see what another has committed meanwhile.
    cursor.execute("select tablename from pg_tables where schemaname = 'raw'")
    tables = {name for (name,) in cursor.fetchall()}
    if "schema_version" not in tables:
        return 0 if "loads" in tables else None
    cursor.execute("select max(version) from raw.schema_version")
    (version,) = cursor.fetchone() or (0,)
    if version > VERSION:
        raise ServerError(
            f"schema raw has version {version}, and this release knows versions up to {VERSION}: "
            "a newer release has migrated it",
            hint="use that release or a newer one; nothing was changed",
        )
    return int(version)


def migrate(cursor: Cursor, version: int) -> None:
    """From `version` up to the current one, inside the caller's transaction."""
    for step in range(version + 1, VERSION + 1):
        cursor.execute(MIGRATIONS[step])
