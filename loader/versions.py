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
# That of release 0.1.0: an earlier one had another shape.
FIRST = 5

# What to run on a schema of the version before; each is followed by the DDL, which adds what is missing.
MIGRATIONS: dict[int, str] = {}


def recorded_version(cursor: Cursor) -> int | None:
    """The version that schema raw says it has, None when it has no tables.

    Raises ServerError when it is newer than this release, or of before the first one.
    """
    # Not to_regclass, which within a transaction may not see what another has committed meanwhile.
    cursor.execute("select tablename from pg_tables where schemaname = 'raw'")
    tables = {name for (name,) in cursor.fetchall()}
    if "schema_version" not in tables:
        return _supported(0) if "loads" in tables else None
    cursor.execute("select max(version) from raw.schema_version")
    (version,) = cursor.fetchone() or (0,)
    return _supported(int(version))


def _supported(version: int) -> int:
    if version < FIRST:
        raise ServerError(
            "schema raw was made before release 0.1.0, and this release cannot read it",
            hint="load the CSV files into another database; nothing was changed",
        )
    if version > VERSION:
        raise ServerError(
            f"schema raw has version {version}, and this release knows versions up to {VERSION}: "
            "a newer release has migrated it",
            hint="use that release or a newer one; nothing was changed",
        )
    return version


def migrate(cursor: Cursor, version: int) -> None:
    """From `version` up to the current one, inside the caller's transaction."""
    for step in range(version + 1, VERSION + 1):
        cursor.execute(MIGRATIONS[step])
