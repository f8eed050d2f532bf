"""The whole way on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from loader.postgres import PostgresSink
from loader.sink import Sink
from ready.database.locks import build_lock
from ready.database.opening import open_database
from ready.postgres.connection import ConnectionParams
from ready.postgres.roles import LOADER
from ready.postgres.server import is_embedded, server_params
from ready.run.build_state import Connection, built_by, mark_built
from ready.run.loads import ActiveLoad, active_loads
from ready.run.stages import Run


class PostgresRun(Run):
    """On the server that the environment names, or the embedded one."""

    @contextmanager
    def _database(self) -> Iterator[tuple[ConnectionParams, Connection]]:
        self._check_configs()
        params = open_database(self.settings)
        home, named = self.settings.home, server_params(self.settings)
        where = f"embedded PostgreSQL in {home}" if is_embedded(self.settings) else str(named)
        self.narrator.stage("Database", where)
        self.params = params
        meta = self.settings.schema("meta")
        with (
            build_lock(params, meta, self.narrator.stage, timeout=self.lock_timeout),
            closing(params.connect()) as connection,
        ):
            server = connection.info.parameter_status("server_version") or ""
            self.info = replace(self.info, versions={**self.info.versions, "postgres": server.split()[0]})
            yield params, connection

    def _sink(self) -> Sink:
        return PostgresSink(open_database(self.settings, role=LOADER).connect)

    def _loads_of(self, connection: Connection, source: str) -> list[ActiveLoad]:
        return active_loads(connection, source)

    def _built_by(self, connection: Connection, key: str) -> str | None:
        return built_by(connection, self.settings, key)

    def _mark_built(self, connection: Connection, key: str, invocation_id: str) -> None:
        mark_built(connection, self.settings, key, invocation_id)
