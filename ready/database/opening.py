"""The database as every command that works on data needs it: up, with the raw tables, and under a role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from psycopg2.extensions import connection as Connection

from loader import LoaderError, ensure_raw_schema
from ready.errors import from_loader
from ready.postgres.cluster import Cluster
from ready.postgres.connection import ConnectionParams
from ready.postgres.roles import (
    BUILDER,
    acting_as,
    adopt,
    create_login_roles,
    grant,
    read_roles,
    reset_settings,
)
from ready.postgres.server import check_rights, ensure_server
from ready.settings import Settings


def open_database(settings: Settings, *, role: str = BUILDER) -> ConnectionParams:
    """Start the server where it is ours and down, and create the raw tables where they are missing.

    So that dbt on an empty database finds no rows, rather than no tables. Gives the database under
    `role`, which our own server always has and another one after `ready db grant`; else, or when the user
    may not take it on, under the connecting user. Raises MachineError when the server is down or the
    user may not write, UsageError when the environment names it wrongly.
    """
    params = ensure_server(settings)
    ours = params == Cluster(settings.home).params
    with _connection(params) as connection:
        if ours and not read_roles(connection).current:
            with connection, connection.cursor() as cursor:
                create_login_roles(cursor)
            grant(connection)
        roles = read_roles(connection)
        if roles.granted and BUILDER in roles.mine:
            adopt(connection, _schemas(settings))
        if ours:
            reset_settings(connection)
    return acting_as(params, role, login=ours) if roles.granted and role in roles.mine else params


def grant_database(settings: Settings) -> ConnectionParams:
    """Make the roles and give them this database. Raises MachineError where the user may not."""
    params = ensure_server(settings)
    with _connection(params) as connection:
        grant(connection)
        adopt(connection, _schemas(settings))
    return params


@contextmanager
def _connection(params: ConnectionParams) -> Iterator[Connection]:
    """A connection to a database that can be built in, with the raw tables in it."""
    with closing(params.connect()) as connection:
        roles = read_roles(connection)
        check_rights(params, connection, creates=not (roles.granted and roles.mine))
        try:
            ensure_raw_schema(connection)
        except LoaderError as error:
            raise from_loader(error) from None
        yield connection


def _schemas(settings: Settings) -> list[str]:
    return [settings.schema(name) for name in ("stg", "feats", "meta")]
