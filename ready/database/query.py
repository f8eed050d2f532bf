"""Queries on tables of either engine, in SQL that PostgreSQL and Spark both understand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from typing import Any, TypeGuard

import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from psycopg2 import sql

from ready.database.transactions import reading_tables
from ready.errors import NoSuchColumn, NothingThere, from_database
from ready.postgres.cluster import Cluster
from ready.postgres.roles import with_builders_rights
from ready.postgres.server import ensure_server, is_embedded
from ready.settings import Settings

Row = dict[str, Any]
SCHEMAS = ("raw", "stg", "feats", "meta")


@contextmanager
def connected(settings: Settings) -> Iterator[Any]:
    """A connection to the engine that the settings name, whose server is started where it is ours and down.

    Raises MachineError when it does not answer or what is asked of it fails, UsageError when the environment
    names it wrongly or where there is no database yet.
    """
    if settings.target == "spark":
        from ready.spark.connection import spark_errors
        from ready.spark.server import ensure_spark

        with spark_errors(), closing(ensure_spark(settings).connect()) as connection:
            yield connection
    else:
        if is_embedded(settings) and not Cluster(settings.home).data.is_dir():
            raise NothingThere(f"there is no database in {settings.home}")
        params = ensure_server(settings)
        params = with_builders_rights(params, ours=params == Cluster(settings.home).params)
        with closing(params.connect()) as connection:
            try:
                yield connection
            except psycopg2.Error as error:
                raise from_database(error) from None


def is_postgres(connection: Any) -> TypeGuard[psycopg2.extensions.connection]:
    """Whether it is psycopg2's; PyHive's is Spark's."""
    return isinstance(connection, psycopg2.extensions.connection)


@contextmanager
def snapshot(connection: Any, settings: Settings) -> Iterator[None]:
    """What is read within is of one moment, whatever is built meanwhile; Spark has no such thing."""
    if is_postgres(connection):
        with reading_tables(connection, [settings.schema("stg"), settings.schema("feats")]):
            yield
    else:
        yield


def has_table(connection: Any, settings: Settings, schema: str, name: str) -> bool:
    """Whether a table or view is there: one that came with a release may not be yet."""
    if not is_postgres(connection):
        from ready.spark.query import rows_of

        return bool(rows_of(connection, f"show tables in {settings.schema(schema)} like '{name}'"))
    values = {"name": f'"{settings.schema(schema)}".{name}'}
    (found,) = select_rows(connection, settings, "select to_regclass(%(name)s) as oid", values)
    return found["oid"] is not None


def relations_there(connection: Any, settings: Settings, relations: Collection[str]) -> set[str]:
    """Those of the tables and views, named as in meta.model_definitions, that are there."""
    if not is_postgres(connection):
        from ready.spark.query import relations_there as there_on_spark

        return there_on_spark(connection, relations)
    query = "select name from unnest(cast(%(names)s as text[])) as name where to_regclass(name) is not null"
    return {row["name"] for row in select_rows(connection, settings, query, {"names": list(relations)})}


def has_column(connection: Any, settings: Settings, relation: str, column: str) -> bool:
    """Whether a table or view that is there, named as in meta.model_definitions, has this column."""
    place = relation.replace("%", "%%").replace("{", "{{").replace("}", "}}")
    try:
        select_rows(connection, settings, f"select {{column}} from {place} where false", column=column)
    except NoSuchColumn:
        return False
    return True


def select_rows(
    connection: Any, settings: Settings, query: str, values: Mapping[str, Any] | None = None, **names: str
) -> list[Row]:
    """The rows of a query, by column, none of an insert; times are aware, JSON is read.

    connection: psycopg2's or PyHive's. In the query {raw}, {stg}, {feats} and {meta} stand for the schemas,
    {name} for any other of `names`, %(name)s for one of `values`; a tuple is a list in brackets. {by_bytes}
    compares the text before it by its bytes. A transaction that is under way goes on. Raises NothingThere.
    """
    identifiers = {**{name: settings.schema(name) for name in SCHEMAS}, **names}
    identifiers = {name: value.replace("%", "%%") for name, value in identifiers.items()}
    if is_postgres(connection):
        return _select(connection, query, values or {}, identifiers)
    from ready.spark.query import select

    return select(connection, query, values or {}, identifiers)


def _select(
    connection: psycopg2.extensions.connection,
    query: str,
    values: Mapping[str, Any],
    names: Mapping[str, str],
) -> list[Row]:
    identifiers = {name: sql.Identifier(value) for name, value in names.items()}
    statement = sql.SQL(query).format(**identifiers, by_bytes=sql.SQL('collate "C"'))
    idle = connection.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_IDLE
    try:
        with (
            connection if idle else nullcontext(),
            connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor,
        ):
            cursor.execute(statement, values)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []
    except psycopg2.errors.UndefinedColumn as error:
        raise NoSuchColumn(error.diag.message_primary) from None
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName) as error:
        raise NothingThere(error.diag.message_primary) from None
