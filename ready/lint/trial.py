"""The mapping tried on the first records of files: the project's own SQL, over temporary tables."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psycopg2
import psycopg2.errors
import psycopg2.extensions
from psycopg2 import sql

from loader.head import Head, HeadRecord
from ready.build_state import files_key
from ready.dbt import require_success, run_dbt
from ready.lint.mapped import Mapped
from ready.postgres.connection import ConnectionParams
from ready.settings import Settings

MODEL = "orders_parsed"
RAW = ("loads", "raw_events")
Cursor = psycopg2.extensions.cursor


@dataclass(frozen=True)
class TriedRow:
    """A record as the mapping makes it: column -> its text, NAME_raw -> the text in the file."""

    head: Head
    line: int
    values: dict[str, str | None]

    @property
    def place(self) -> str:
        return f"{self.head.label}:{self.line}"


@dataclass(frozen=True)
class Raised:
    """An expression that stops at a record: PostgreSQL's message, and where."""

    column: str
    message: str
    place: str


@dataclass(frozen=True)
class Tried:
    """What came of it. fault: the SQL as a whole that PostgreSQL refuses; then there are no rows."""

    rows: tuple[TriedRow, ...] = ()
    raised: tuple[Raised, ...] = ()
    fault: str | None = None


def try_mapping(
    heads: Sequence[Head], mapped: Mapped, *, settings: Settings, params: ConnectionParams
) -> Tried:
    """Map the records of these heads. Nothing stays in the database.

    The configs must be in order. Raises UsageError where dbt refuses the project.
    """
    if not any(head.records for head in heads):
        return Tried()
    source, query = compiled_mapping(settings, params)
    with closing(params.connect()) as connection, connection.cursor() as cursor:
        for name in RAW:
            cursor.execute(f"create temporary table trial_{name} as select * from raw.{name} limit 0")
        trial = _Trial(cursor, query, source, heads, mapped)
        return trial.run()


@dataclass(frozen=True)
class _Trial:
    """query: a select of orders_parsed from the temporary tables."""

    cursor: Cursor
    query: str
    source: str
    heads: Sequence[Head]
    mapped: Mapped

    def run(self) -> Tried:
        columns = list(self.mapped.entries)
        everything = [(load, record) for load, head in enumerate(self.heads) for record in head.records]
        try:
            return Tried(tuple(self._rows(columns, everything)))
        except psycopg2.DataError:
            pass
        except psycopg2.errors.UndefinedTable:  # of a model that is not built yet
            return Tried()
        except psycopg2.ProgrammingError as error:
            return Tried(fault=_message(error))
        raising = [name for name in columns if self._error(name, everything)]
        rows = self._rows([name for name in columns if name not in raising], everything)
        raised = (self._first(name, everything) for name in raising)
        return Tried(tuple(rows), tuple(raised))

    def _rows(self, columns: Sequence[str], records: Sequence[tuple[int, HeadRecord]]) -> list[TriedRow]:
        """Raises psycopg2.Error as PostgreSQL does; the tables are as they were then."""
        names = [*columns, *(f"{name}_raw" for name in columns)]
        texts = sql.SQL(", ").join(sql.SQL("cast({} as text)").format(sql.Identifier(n)) for n in names)
        self.cursor.execute("savepoint tried")
        try:
            self._fill(records)
            select = sql.SQL("select load_id, line_number, {} from ({}) as tried order by 1, 2")
            self.cursor.execute(select.format(texts, sql.SQL(self.query)))
            return [
                TriedRow(self.heads[load], line, dict(zip(names, values, strict=True)))
                for load, line, *values in self.cursor.fetchall()
            ]
        finally:
            self.cursor.execute("rollback to savepoint tried")

    def _error(self, column: str, records: Sequence[tuple[int, HeadRecord]]) -> psycopg2.Error | None:
        try:
            self._rows([column], records)
        except psycopg2.DataError as error:
            return error
        return None

    def _first(self, column: str, records: Sequence[tuple[int, HeadRecord]]) -> Raised:
        """Halves the records until one is left at which it raises."""
        while len(records) > 1:
            first = records[: len(records) // 2]
            records = first if self._error(column, first) else records[len(first) :]
        ((load, record),) = records
        error = self._error(column, records)
        return Raised(column, _message(error) if error else "", f"{self.heads[load].label}:{record.line}")

    def _fill(self, records: Sequence[tuple[int, HeadRecord]]) -> None:
        loads = [(load, head.name) for load, head in enumerate(self.heads)]
        for load, name in loads:
            self.cursor.execute(
                "insert into trial_loads (load_id, source, file_name, status, loaded_at) "
                "values (%s, %s, %s, 'loaded', now())",
                [load, self.source, name],
            )
        lines = io.BytesIO()
        for load, record in records:
            payload = orjson.dumps(record.values).replace(b"\\", b"\\\\")
            lines.write(b"%d\t%d\t%b\n" % (load, record.line, payload))
        lines.seek(0)
        self.cursor.copy_expert("copy trial_raw_events (load_id, line_number, payload) from stdin", lines)


def compiled_mapping(settings: Settings, params: ConnectionParams) -> tuple[str, str]:
    """The source, and the select of orders_parsed over the temporary tables. Kept until a file changes."""
    kept = settings.home / "dbt" / "trial.json"
    key = files_key(settings.schema_prefix, settings, settings.configs / "orders.yaml")
    found = _read(kept)
    if found.get("key") != key:
        found = {"key": key, **_compile(settings, params)}
        kept.write_text(json.dumps(found), encoding="utf-8")
    return found["source"], found["query"]


def _read(file: Path) -> dict[str, str]:
    try:
        content: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def _compile(settings: Settings, params: ConnectionParams) -> dict[str, str]:
    run = run_dbt(
        ["compile", "--select", MODEL],
        settings=settings,
        params=params,
        on_node=lambda node: None,
        on_warning=lambda text: None,
    )
    require_success(run, settings=settings)
    manifest: dict[str, Any] = run.manifest or {}
    compiled = _node(manifest["nodes"], MODEL)
    meta = _node(manifest["nodes"], "orders_mapped")["config"]["meta"]
    query = str(compiled["compiled_code"])
    for name in RAW:
        relation = next(
            source["relation_name"]
            for source in manifest["sources"].values()
            if (source["source_name"], source["name"]) == ("raw", name)
        )
        query = query.replace(relation, f"pg_temp.trial_{name}")
    return {"query": query, "source": (meta.get("file") or {}).get("source", "orders")}


def _node(nodes: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    return next(n for n in nodes.values() if (n["resource_type"], n["name"]) == ("model", name))


def _message(error: psycopg2.Error) -> str:
    return error.diag.message_primary or str(error).strip()
