"""The database of every command: the server that the environment names, or the embedded one."""

from __future__ import annotations

from contextlib import closing

from psycopg2.extensions import connection as Connection

from ready.errors import MachineError
from ready.postgres import embedded
from ready.postgres.cluster import Cluster
from ready.postgres.connection import ConnectionParams, external_params
from ready.settings import Settings

OLDEST_VERSION = 16


def ensure_server(settings: Settings) -> ConnectionParams:
    """A server that answers. The embedded one is started when it is down.

    Raises MachineError when the server is down or older than PostgreSQL 16; UsageError when the
    environment names a server wrongly.
    """
    params = server_params(settings)
    if is_embedded(settings):
        embedded.start(settings.home)
    if params != Cluster(settings.home).params:
        _check_version(params)
    return params


def server_params(settings: Settings) -> ConnectionParams:
    """How to reach the server, whether it is up or not."""
    own = Cluster(settings.home).params
    if is_embedded(settings):
        return external_params({**own.env(), **settings.environ}) or own
    return external_params(settings.environ) or own


def is_embedded(settings: Settings) -> bool:
    """Also true when the environment names our own socket folder, as `eval "$(ready env)"` does."""
    params = external_params(settings.environ)
    return params is None or params.host == Cluster(settings.home).params.host


def _check_version(params: ConnectionParams) -> None:
    with closing(params.connect()) as connection:
        found = connection.server_version
        version = connection.info.parameter_status("server_version")
    if found < OLDEST_VERSION * 10000:
        raise MachineError(
            f"PostgreSQL at {params} is version {version}; {OLDEST_VERSION} or newer is needed",
            hint="name a newer server, or unset PGHOST and DATABASE_URL to use the embedded one",
        )


def check_rights(params: ConnectionParams, connection: Connection, *, creates: bool) -> None:
    """Raises MachineError where nothing can be built: on a standby, or by one who may not create schemas."""
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select pg_is_in_recovery(), has_database_privilege(current_database(), 'CREATE')",
        )
        read_only, may_create = cursor.fetchone() or (True, False)
    if read_only:
        raise MachineError(f"PostgreSQL at {params} is a read-only standby", hint="name its primary server")
    if creates and not may_create:
        raise MachineError(
            f"user {params.user} may not create schemas in the database {params.dbname} at {params}",
            hint=f'let its owner run: grant create on database "{params.dbname}" to "{params.user}"',
        )
