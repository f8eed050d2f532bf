"""A scratch place on PostgreSQL: see ready/proof/scratch.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

from psycopg2 import sql

from ready.errors import MachineError
from ready.postgres.connection import ConnectionParams
from ready.postgres.roles import CHECKER, acting_as, read_roles
from ready.proof.scratch import NAME, Scratch

# Any constant; with the hash of a name it is the lock that says its owner is alive.
SCRATCH_LOCK = 7_239_402


class PostgresScratch(Scratch):
    """Its connection holds the lock on the name."""

    @contextmanager
    def claimed(self) -> Iterator[None]:
        self.connection.autocommit = True
        self._sweep()
        prefix = self.settings.schema_prefix
        self._lock(prefix)
        try:
            yield
        finally:
            self._drop(prefix)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._rows(query)

    def execute(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def types(self, table: str) -> dict[str, str]:
        found = self._rows(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
            table,
        )
        return dict(found)

    def no_instant(self, text: str) -> str:
        return f"not pg_input_is_valid({text}, 'timestamptz')"

    def quote(self, name: str) -> str:
        return sql.Identifier(name).as_string(self.connection)

    def with_names_of_here(self, text: str) -> str:
        caller = self.caller.schema_prefix
        return text.replace(f'"{caller}', f'"{self.settings.schema_prefix}') if caller else text

    def replace_table(self, table: str, query: str) -> None:
        self.execute(f"drop table if exists {table} cascade")
        self.execute(f"create table {table} as {query}")
        self.execute(f"grant select on {table} to public")
        self.execute(f"analyze {table}")

    def create_view(self, view: str, query: str) -> None:
        self.execute(f"create view {view} as {query}")
        self.execute(f"grant select on {view} to public")

    def drop_own_tables(self, kept: Sequence[str]) -> None:
        found = self._rows(
            "select format('%%I.%%I', nspname, relname), relkind from pg_class "
            "join pg_namespace on pg_namespace.oid = relnamespace "
            "where starts_with(nspname, %s) and nspname <> all (%s) and relkind in ('r', 'v', 'm') "
            "and relowner = current_user::regrole",
            self.settings.schema_prefix,
            list(kept),
        )
        kinds = {"r": "table", "v": "view", "m": "materialized view"}
        for table, kind in found:
            self.execute(f"drop {kinds[kind]} if exists {table} cascade")

    @contextmanager
    def confined(self) -> Iterator[Scratch | None]:
        if not isinstance(self.params, ConnectionParams) or not self._may_confine():
            yield None
            return
        try:  # logged in as the role there is no way back to another, as on our own server
            params = acting_as(self.params, CHECKER, login=True)
            connection = params.connect()
        except MachineError:
            params = acting_as(self.params, CHECKER, login=False)
            connection = params.connect()
        with closing(connection):
            connection.autocommit = True
            yield replace(self, params=params, connection=connection)

    def _may_confine(self) -> bool:
        """The roles are the server's, and their rights each database's."""
        if CHECKER not in read_roles(self.connection).mine:
            return False
        ((granted,),) = self._rows("select has_database_privilege(%s, current_database(), 'create')", CHECKER)
        return bool(granted)

    def _rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, arguments or None)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _lock(self, prefix: str) -> bool:
        ((locked,),) = self._rows("select pg_try_advisory_lock(%s, hashtext(%s))", SCRATCH_LOCK, prefix)
        return bool(locked)

    def _sweep(self) -> None:
        """Remove what checks that were killed left behind: their lock is free."""
        found = self._rows(
            "select distinct substring(nspname from %s) from pg_namespace "
            "where pg_has_role(nspowner, 'usage')",
            NAME,
        )
        for (prefix,) in found:
            if prefix and self._lock(prefix):
                self._drop(prefix)

    def _drop(self, prefix: str) -> None:
        # A dbt that was interrupted may still have statements at work there; autovacuum gives way by itself.
        self._rows(
            "select pg_terminate_backend(pid) from (select distinct pid from pg_locks "
            "join pg_class on pg_class.oid = pg_locks.relation "
            "join pg_stat_activity as activity using (pid) "
            "where pg_locks.database = (select oid from pg_database where datname = current_database()) "
            "and starts_with(relnamespace::regnamespace::text, %s) and pid <> pg_backend_pid() "
            "and pg_has_role(activity.usesysid, 'usage')) as holders",
            prefix,
        )
        for (schema,) in self._rows(
            "select nspname from pg_namespace where starts_with(nspname, %s)", prefix
        ):
            self.execute(f"drop schema if exists {self.quote(schema)} cascade")
        self._rows("select pg_advisory_unlock(%s, hashtext(%s))", SCRATCH_LOCK, prefix)
