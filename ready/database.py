"""The database as every command that works on data needs it: up, and with the raw tables."""

from __future__ import annotations

from contextlib import closing

from loader import LoaderError, ensure_raw_schema
from ready.errors import from_loader
from ready.postgres.connection import ConnectionParams
from ready.postgres.server import ensure_server
from ready.settings import Settings


def open_database(settings: Settings) -> ConnectionParams:
    """Start the server where it is ours and down, and create the raw tables where they are missing.

    So that dbt on an empty database finds no rows, rather than no tables. Raises MachineError when
    the server is down or the user may not write, UsageError when the environment names it wrongly.
    """
    params = ensure_server(settings)
    try:
        with closing(params.connect()) as connection:
            ensure_raw_schema(connection)
    except LoaderError as error:
        raise from_loader(error) from None
    return params
