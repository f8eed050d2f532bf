"""The schemas of a build with a prefix, such as a pull request's, and how they go."""

from __future__ import annotations

from contextlib import closing

from psycopg2 import sql

from ready.database.locks import build_lock
from ready.errors import UsageError
from ready.postgres.connection import ConnectionParams

# What a build makes behind its prefix; dbt_test__audit is dbt's, for failures that are stored.
PARTS = ("stg", "feats", "meta", "dbt_test__audit")
BUILDS = "select left(nspname, -4) from pg_namespace where nspname ~ '_meta$' order by 1"
THERE = "select nspname from pg_namespace where nspname = any(%s) order by nspname"
READERS = """
select distinct format('%%I.%%I', reader.relnamespace::regnamespace, reader.relname)
from pg_depend
join pg_rewrite on pg_rewrite.oid = pg_depend.objid and pg_depend.classid = 'pg_rewrite'::regclass
join pg_class as reader on reader.oid = pg_rewrite.ev_class
join pg_class as source on source.oid = pg_depend.refobjid and pg_depend.refclassid = 'pg_class'::regclass
where source.relnamespace::regnamespace::text = any(%(schemas)s)
    and reader.relnamespace::regnamespace::text <> all(%(schemas)s)
order by 1
"""


def schemas_of(params: ConnectionParams, prefix: str) -> list[str]:
    """The schemas that a build with this prefix has made.

    Raises UsageError where there are none, and where a view elsewhere reads their tables.
    """
    with closing(params.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(THERE, [[f"{prefix}{part}" for part in PARTS]])
        schemas = [name for (name,) in cursor.fetchall()]
        if not prefix or f"{prefix}meta" not in schemas:
            cursor.execute(BUILDS)
            known = ", ".join(name for (name,) in cursor.fetchall())
            raise UsageError(
                f"no build with the prefix '{prefix}' is there",
                hint=f"prefixes of builds: {known}" if known else "every build here is without a prefix",
            )
        cursor.execute(READERS, {"schemas": schemas})
        readers = ", ".join(name for (name,) in cursor.fetchall())
    if readers:
        raise UsageError(
            f"they are read by {readers}", hint="drop these first, or let them read other tables"
        )
    return schemas


def drop_schemas(
    params: ConnectionParams, prefix: str, schemas: list[str], *, builder: ConnectionParams
) -> None:
    """Drop all of them at once. Raises LockTimeout while a build is at work on them.

    params: a user who owns them, or may act for who does. builder: a user who may build, no more: what
    builds have made is read with its rights.
    """
    with build_lock(builder, f"{prefix}meta", lambda title, detail: None, timeout=0):
        pass
    names = sql.SQL(", ").join(map(sql.Identifier, schemas))
    with closing(params.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("drop schema {} cascade").format(names))
