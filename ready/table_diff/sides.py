"""The two sides of a comparison: their tables in one database, each side as of one moment."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from ready.database.transactions import reading_tables
from ready.errors import UsageError
from ready.postgres.connection import ConnectionParams, external_params
from ready.postgres.roles import with_builders_rights
from ready.postgres.server import ensure_server, is_embedded
from ready.settings import Settings
from ready.table_diff.model import Version

# What users read; a candidate is not published.
COLUMNS = """
select relname, attname, format_type(atttypid, atttypmod)
from pg_class join pg_attribute on attrelid = pg_class.oid
where relnamespace = to_regnamespace(%s) and relkind in ('r', 'p', 'v', 'm') and attnum > 0
    and not attisdropped and relname !~ '__candidate$'
order by relname, attnum
"""
VERSIONS = "select feature_set, feature_version, data_hash from {} order by 1"
BUILDS = "select left(nspname, -4) from pg_namespace where nspname ~ '_meta$' order by 1"


@dataclass(frozen=True)
class Table:
    """relation: its name as SQL. columns: their types by name."""

    relation: sql.Composable
    columns: dict[str, str]


@dataclass(frozen=True)
class Side:
    """tables: by the name of schema and table without the prefix. versions: by feature set."""

    prefix: str
    tables: dict[str, Table]
    versions: dict[str, Version]


@dataclass(frozen=True)
class Place:
    """Where a side is: a database and the prefix of its schemas."""

    params: ConnectionParams
    prefix: str
    schemas: Sequence[str]

    @property
    def real_schemas(self) -> list[str]:
        return [self.prefix + name for name in self.schemas]

    def __str__(self) -> str:
        return f"the build with prefix {self.prefix}" if self.prefix else "the build without a prefix"


@contextmanager
def open_sides(
    settings: Settings, *, prefix: str, base_prefix: str, base_url: str | None, schemas: Sequence[str]
) -> Iterator[tuple[Cursor, Side, Side]]:
    """Gives a cursor that reads both: the base, then the build.

    A base in another database is copied into temporary tables. Raises UsageError where nothing was built
    with a prefix, and where both sides are the same; MachineError when a server does not answer.
    """
    build = Place(_params(settings), prefix, schemas)
    if base_url:
        base = Place(_other_params(base_url), base_prefix, schemas)
        with _two_databases(base, build) as opened:
            yield opened
        return
    if prefix == base_prefix:
        raise UsageError(
            "both sides are the same tables", hint="name another build: --prefix pr_12_, or --base-url"
        )
    base = Place(build.params, base_prefix, schemas)
    with (
        closing(build.params.connect()) as connection,
        reading_tables(connection, base.real_schemas + build.real_schemas) as cursor,
    ):
        yield cursor, _side(cursor, base), _side(cursor, build)


@contextmanager
def _two_databases(base: Place, build: Place) -> Iterator[tuple[Cursor, Side, Side]]:
    with (
        closing(base.params.connect()) as there,
        reading_tables(there, base.real_schemas) as source,
        closing(build.params.connect()) as connection,
    ):
        original = _side(source, base)
        copy = replace(original, tables=_create_copies(connection, original.tables))
        with reading_tables(connection, build.real_schemas) as cursor:
            for name, table in original.tables.items():
                _copy_rows(source, table, cursor, copy.tables[name])
            yield cursor, copy, _side(cursor, build)


def _create_copies(connection: Connection, tables: dict[str, Table]) -> dict[str, Table]:
    """Temporary tables of the same columns: made before the snapshot, which may only fill them."""
    copies = {
        name: replace(table, relation=sql.Identifier("pg_temp", f"base_{number}"))
        for number, (name, table) in enumerate(tables.items())
    }
    with connection, connection.cursor() as cursor:
        for copy in copies.values():
            columns = [
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type))
                for name, type in copy.columns.items()
            ]
            create = sql.SQL("create temporary table {} ({})")
            cursor.execute(create.format(_unqualified(copy.relation), sql.SQL(", ").join(columns)))
    return copies


def _unqualified(relation: sql.Composable) -> sql.Identifier:
    assert isinstance(relation, sql.Identifier)
    return sql.Identifier(relation.strings[-1])


def _copy_rows(source: Cursor, table: Table, target: Cursor, copy: Table) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    with tempfile.TemporaryFile() as file:
        out = sql.SQL("copy (select {} from {}) to stdout").format(columns, table.relation)
        source.copy_expert(out, file)
        file.seek(0)
        target.copy_expert(sql.SQL("copy {} from stdin").format(copy.relation), file)


def _params(settings: Settings) -> ConnectionParams:
    return with_builders_rights(ensure_server(settings), ours=is_embedded(settings))


def _other_params(url: str) -> ConnectionParams:
    params = external_params({"DATABASE_URL": url})
    assert params is not None
    return with_builders_rights(params, ours=False)


def _side(cursor: Cursor, place: Place) -> Side:
    _require_build(cursor, place)
    tables: dict[str, Table] = {}
    for schema in place.schemas:
        cursor.execute(COLUMNS, [f'"{place.prefix}{schema}"'])
        for table, column, type in cursor.fetchall():
            relation = sql.Identifier(place.prefix + schema, table)
            tables.setdefault(f"{schema}.{table}", Table(relation, {})).columns[column] = type
    return Side(place.prefix, tables, _versions(cursor, place))


def _require_build(cursor: Cursor, place: Place) -> None:
    cursor.execute("select to_regnamespace(%s) is not null", [f'"{place.prefix}meta"'])
    if cursor.fetchone() == (True,):
        return
    cursor.execute(BUILDS)
    known = ", ".join(name for (name,) in cursor.fetchall())
    raise UsageError(
        f"{place} is not in {place.params}",
        hint=f"prefixes of builds there: {known}"
        if known
        else "build it first: ready run, or ready dbt build",
    )


def _versions(cursor: Cursor, place: Place) -> dict[str, Version]:
    cursor.execute("select to_regclass(%s) is not null", [f'"{place.prefix}meta".current_versions'])
    if cursor.fetchone() != (True,):
        return {}
    table = sql.Identifier(place.prefix + "meta", "current_versions")
    cursor.execute(sql.SQL(VERSIONS).format(table))
    return {name: Version(version, data_hash) for name, version, data_hash in cursor.fetchall()}
