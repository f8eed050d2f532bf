"""What ready/database/query.py asks of Spark: names and values are in the text, columns as PostgreSQL's."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from typing import Any

from ready.errors import NoSuchColumn, NothingThere
from ready.spark.connection import brief, spark_errors
from ready.spark.dialect import identifier, text_literal

# Where PostgreSQL has jsonb or an array, Spark's tables or Thrift have its text.
JSON_COLUMNS = {"columns", "config", "definition", "lineage", "load_ids", "loads", "payload", "splits"}
NOT_THERE = {
    "[TABLE_OR_VIEW_NOT_FOUND": NothingThere,
    "[SCHEMA_NOT_FOUND": NothingThere,
    "[UNRESOLVED_COLUMN": NoSuchColumn,
}


def select(
    connection: Any, query: str, values: Mapping[str, Any], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """connection: PyHive's. See ready.database.query.select_rows."""
    named = query.format(**{name: identifier(value) for name, value in names.items()}, by_bytes="")
    statement = named % {name: literal(value) for name, value in values.items()}
    return rows_of(connection, statement)


def rows_of(connection: Any, statement: str) -> list[dict[str, Any]]:
    """The rows of a statement in Spark's SQL. Raises NothingThere, and MachineError for what else fails."""
    with spark_errors(), missing_told(), closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        columns = [column[0] for column in cursor.description]
        readers = [_reader(name) for name in columns]
        return [
            {name: read(value) for name, read, value in zip(columns, readers, row, strict=True)}
            for row in cursor.fetchall()
        ]


def relations_there(connection: Any, relations: Collection[str]) -> set[str]:
    """Those of the tables and views, named as in meta.model_definitions, that are there."""
    named = {relation: relation.replace("`", "") for relation in relations}
    schemas = {name.partition(".")[0] for name in named.values()}
    there = {
        f"{schema}.{row['tableName']}"
        for schema in schemas.intersection(row["namespace"] for row in rows_of(connection, "show databases"))
        for row in rows_of(connection, f"show tables in {identifier(schema)}")
    }
    return {relation for relation, name in named.items() if name in there}


@contextmanager
def missing_told() -> Iterator[None]:
    """Raises NothingThere where Spark finds no such table or column."""
    from pyhive import hive

    try:
        yield
    except hive.OperationalError as error:
        message = brief(error)
        for condition, missing in NOT_THERE.items():
            if condition in message:
                raise missing(message) from None
        raise


def _reader(name: str) -> Callable[[Any], Any]:
    return _from_json if name in JSON_COLUMNS else in_utc


def _from_json(value: Any) -> Any:
    """A column of the data may have such a name, too."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def in_utc(value: Any) -> Any:
    """Instants come in the session's time zone, which is UTC."""
    return value.replace(tzinfo=timezone.utc) if isinstance(value, datetime) else value


def literal(value: Any) -> str:
    """A text, number, instant or None, or a tuple of them, as Spark SQL reads it."""
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))})"
    if isinstance(value, datetime):
        return f"timestamp '{value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(sep=' ')}Z'"
    if isinstance(value, str):
        return text_literal(value)
    return "null" if value is None else str(value)
