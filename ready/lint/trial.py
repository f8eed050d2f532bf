"""The mapping tried on the first records of files: the project's own SQL, over temporary tables."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import orjson
import psycopg2
import psycopg2.errors
import psycopg2.extensions
from psycopg2 import sql

from loader.head import Head
from ready.dbt.runner import require_success, run_dbt
from ready.definition.mapping import ORDERS
from ready.definition.meta import node_meta
from ready.lint.mapped import Mapped
from ready.postgres.connection import ConnectionParams
from ready.run.build_state import files_key
from ready.settings import Settings

FUNCTIONS = "expression_functions"  # an analysis
RAW = ("loads", "raw_events")
# What expressions raised, a line for each column; there where one may raise.
ERRORS = "mapping_errors"
Cursor = psycopg2.extensions.cursor


@dataclass(frozen=True)
class TriedRow:
    """A record as the mapping makes it.

    values: column -> its text, NAME_raw -> the text in the file. errors: column -> why its expression raised.
    """

    head: Head
    line: int
    values: dict[str, str | None]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"{self.head.label}:{self.line}"


@dataclass(frozen=True)
class Tried:
    """What came of it. fault: why PostgreSQL refuses the mapping as a whole; then there are no rows."""

    rows: tuple[TriedRow, ...] = ()
    fault: str | None = None


@dataclass(frozen=True)
class CompiledMapping:
    """source: the files' name in the ledger. functions: statements that query needs. query: a select."""

    source: str
    functions: str
    query: str


def try_mapping(
    heads: Sequence[Head],
    mapped: Mapped,
    *,
    settings: Settings,
    params: ConnectionParams,
    say: Callable[[str], None],
    source: str = ORDERS,
) -> Tried:
    """Map the records of these heads, of a source. Nothing stays in the database.

    The configs must be in order. say: is called with what takes seconds. Raises UsageError where dbt
    refuses the project.
    """
    if not any(head.records for head in heads):
        return Tried()
    compiled = compiled_mapping(settings, params, say, source)
    with closing(params.connect()) as connection, connection.cursor() as cursor:
        try:
            for name in RAW:
                cursor.execute(f"create temporary table trial_{name} as select * from raw.{name} limit 0")
            _fill(cursor, heads, compiled.source)
            if compiled.functions:
                cursor.execute(compiled.functions)
            return Tried(_rows(cursor, heads, compiled.query, list(mapped.entries)))
        except psycopg2.errors.UndefinedTable:  # of a model that is not built yet
            return Tried()
        except (psycopg2.ProgrammingError, psycopg2.DataError) as error:
            return Tried(fault=error.diag.message_primary or str(error).strip())


def _rows(cursor: Cursor, heads: Sequence[Head], query: str, columns: Sequence[str]) -> tuple[TriedRow, ...]:
    names = [*columns, *(f"{name}_raw" for name in columns), *([ERRORS] if ERRORS in query else [])]
    texts = sql.SQL(", ").join(sql.SQL("cast({} as text)").format(sql.Identifier(name)) for name in names)
    select = sql.SQL("select load_id, line_number, {} from ({}) as tried order by 1, 2")
    cursor.execute(select.format(texts, sql.SQL(query)))
    rows = []
    for load, line, *values in cursor.fetchall():
        found = dict(zip(names, values, strict=True))
        raised = (found.pop(ERRORS, None) or "").splitlines()
        errors = dict(text.partition(": ")[::2] for text in raised)
        rows.append(TriedRow(heads[load], line, found, errors))
    return tuple(rows)


def _fill(cursor: Cursor, heads: Sequence[Head], source: str) -> None:
    lines = io.BytesIO()
    for load, head in enumerate(heads):
        cursor.execute(
            "insert into trial_loads (load_id, source, file_name, status, loaded_at) "
            "values (%s, %s, %s, 'loaded', now())",
            [load, source, head.name],
        )
        for record in head.records:
            payload = orjson.dumps(record.values).replace(b"\\", b"\\\\")
            lines.write(b"%d\t%d\t%b\n" % (load, record.line, payload))
    lines.seek(0)
    cursor.copy_expert("copy trial_raw_events (load_id, line_number, payload) from stdin", lines)


def compiled_mapping(
    settings: Settings, params: ConnectionParams, say: Callable[[str], None], source: str = ORDERS
) -> CompiledMapping:
    """The project's own SQL over the temporary tables; kept until a file that it is made of changes."""
    kept = settings.home / "dbt" / ("trial.json" if source == ORDERS else f"trial_{source}.json")
    key = files_key(settings.schema_prefix, settings, settings.configs / f"{source}.yaml")
    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    if found.get("key") != key:
        say("Compiling the mapping, to try it on the first records")
        found = {"key": key, **_compile(settings, params, source)}
        kept.write_text(json.dumps(found), encoding="utf-8")
    return CompiledMapping(found["source"], found["functions"], found["query"])


def _compile(settings: Settings, params: ConnectionParams, source: str) -> dict[str, str]:
    """The guarded expressions are functions of schema stg: here they are temporary, as the tables are."""
    run = run_dbt(
        ["compile", "--select", f"{source}_parsed", FUNCTIONS, "--indirect-selection", "empty"],
        settings=settings,
        params=params,
        on_node=lambda node: None,
        on_warning=lambda text: None,
    )
    require_success(run, settings=settings)
    manifest = run.manifest or {}
    compiled = {entry["unique_id"].split(".")[-1]: str(entry["compiled_code"]) for entry in run.results()}
    query, functions = compiled[f"{source}_parsed"], _functions_of(source, compiled[FUNCTIONS])
    mapped = next(node for node in manifest["nodes"].values() if node["name"] == f"{source}_mapped")
    for table in manifest["sources"].values():
        if table["source_name"] == "raw" and table["name"] in RAW:
            query = query.replace(table["relation_name"], f"pg_temp.trial_{table['name']}")
    for function, answer in (("builds_in_full", "true"), ("loads_due", "cast(null as bigint[])")):
        query = query.replace(f'"{settings.schema("meta")}".{function}()', answer)
    prefix = "expression_" if source == ORDERS else f"{source}_expression_"
    guards = f"{settings.schema('stg')}.{prefix}"
    holder = f"{source}_mapped" if source == ORDERS else "source_mapped"
    return {
        "source": (node_meta(mapped, holder).get("file") or {}).get("source", source),
        "functions": functions.replace(guards, f"pg_temp.{prefix}"),
        "query": query.replace(guards, f"pg_temp.{prefix}"),
    }


def _functions_of(source: str, compiled: str) -> str:
    """The part of the analysis that is of a source."""
    _, *parts = re.split(r"^-- of (\w+)$", compiled, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True)).get(source, "").strip()
