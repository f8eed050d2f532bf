"""Who does what in a database: roles of their own for the loader, for dbt and for readers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from importlib import resources

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ready.errors import MachineError, from_database
from ready.postgres.connection import ConnectionParams

OWNER, LOADER, BUILDER, READER = "ready_owner", "ready_loader", "ready_builder", "ready_reader"
CHECKER = "ready_checker"
WORKERS = (LOADER, BUILDER, READER, CHECKER)

MARK = "meta.hand_over_history(text, text[])"

STATE = f"""
select
    (
        select obj_description(pg_proc.oid, 'pg_proc') from pg_proc
        join pg_namespace on pg_namespace.oid = pronamespace
        where nspname = 'meta' and proname = 'hand_over_history' and pg_get_userbyid(proowner) <> '{BUILDER}'
            and pg_get_function_identity_arguments(pg_proc.oid) = 'history_schema text, history text[]'
    ),
    coalesce(
        has_schema_privilege(to_regrole('{READER}'), to_regnamespace('feats'), 'usage')
        and has_database_privilege(to_regrole('{BUILDER}'), current_database(), 'create'), false),
    array(select rolname::text from pg_roles where rolname = any(%s) and pg_has_role(oid, 'set'))
"""

# Statements that give the builder what another user has made: dbt under another name, or an older release.
# Scratch schemas too (ready/proof/scratch.py), so that what a killed check has left can be swept away.
STRAYS = f"""
with kept as (
    select oid, nspname from pg_namespace
    where nspname = any(%s) or nspname ~ '^(leak|repro)_[0-9a-f]{{8}}_'
)
select format('alter schema %%I owner to {BUILDER}', nspname)
from kept join pg_namespace using (oid, nspname)
where nspowner not in ('{BUILDER}'::regrole, '{OWNER}'::regrole)
    and nspowner is distinct from to_regrole('{CHECKER}') and pg_has_role(nspowner, 'usage')
union all
select format('alter %%s %%I.%%I owner to {BUILDER}',
    case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, nspname, relname)
from pg_class join kept on kept.oid = relnamespace
where relkind in ('r', 'p', 'v', 'm') and relowner not in ('{BUILDER}'::regrole, '{OWNER}'::regrole)
    and pg_has_role(relowner, 'usage')
union all
select format('alter function %%s owner to {BUILDER}', pg_proc.oid::regprocedure)
from pg_proc join kept on kept.oid = pronamespace
where (nspname ~ 'feats$' or proname in ('builds_in_full', 'loads_due') and pronargs = 0) and prokind = 'f'
    and proowner <> '{BUILDER}'::regrole and pg_has_role(proowner, 'usage')
"""

# A role may set what its later sessions begin with, and several people may log in as one.
OWN_SETTINGS = """
select format('alter role %%I %%s reset all', rolname, 'in database ' || quote_ident(datname))
from pg_db_role_setting
join pg_roles on pg_roles.oid = setrole
left join pg_database on pg_database.oid = setdatabase
where rolname = any(%s)
"""


@dataclass(frozen=True)
class Roles:
    """granted: this database has the roles' rights. current: those of this release.

    mine: the roles that the connecting user may take on.
    """

    granted: bool
    current: bool
    mine: tuple[str, ...]


def read_roles(connection: Connection) -> Roles:
    with _transaction(connection) as cursor:
        cursor.execute(STATE, [list(WORKERS)])
        mark, may, mine = cursor.fetchone() or (None, False, [])
    return Roles(mark is not None and may, may and mark == _mark(), tuple(sorted(mine)))


def create_login_roles(cursor: Cursor) -> None:
    """On a server of our own the roles log in themselves."""
    for role in WORKERS:
        cursor.execute("select rolcanlogin from pg_roles where rolname = %s", [role])
        found = cursor.fetchone()
        if found != (True,):
            cursor.execute(f"{'alter' if found else 'create'} role {role} login")


def grant(connection: Connection) -> None:
    """Create the roles where they are missing, and give them their rights in this database.

    The raw tables must be there. Raises MachineError where the user may not do it.
    """
    text = _grants()
    try:
        with _transaction(connection) as cursor:
            # One at a time, in a mode that no reader can take.
            cursor.execute("lock table raw.schema_version in share row exclusive mode")
            cursor.execute(text)
            cursor.execute(f"comment on function {MARK} is %s", [_mark()])
    except psycopg2.errors.InsufficientPrivilege as error:
        raise MachineError(
            f"the database user may not make the roles: {error.diag.message_primary}",
            hint="let an administrator of the server run: ready db grant",
        ) from None
    except psycopg2.Error as error:
        raise from_database(error) from None


def adopt(connection: Connection, schemas: list[str]) -> None:
    """Make the builder the owner of what the user, or an earlier release, has made in its schemas."""
    with _transaction(connection) as cursor:
        cursor.execute(STRAYS, [schemas])
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def reset_settings(connection: Connection) -> None:
    """Take away what the roles have set for their own sessions, on a server of our own."""
    with _transaction(connection) as cursor:
        cursor.execute(OWN_SETTINGS, [list(WORKERS)])
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def with_builders_rights(params: ConnectionParams, *, ours: bool) -> ConnectionParams:
    """For reading what builds have made: views and recorded queries, which run with no more than its rights.

    ours: our own server. The connecting user where it may not take the role on, or there is none.
    """
    with closing(params.connect()) as connection:
        roles = read_roles(connection)
    return acting_as(params, BUILDER, login=ours) if roles.granted and BUILDER in roles.mine else params


def acting_as(params: ConnectionParams, role: str, *, login: bool) -> ConnectionParams:
    """The same database under a role: logged in as it, which cannot be undone, or taken on after login."""
    return replace(params, user=role, password=None) if login else replace(params, role=role)


def _grants() -> str:
    return resources.files("ready.postgres").joinpath("grant.sql").read_text(encoding="utf-8")


def _mark() -> str:
    return f"grants {hashlib.sha256(_grants().encode()).hexdigest()[:16]}"


@contextmanager
def _transaction(connection: Connection) -> Iterator[Cursor]:
    with connection, connection.cursor() as cursor:
        yield cursor
