"""What the models of a scratch build read: by the rights they are refused, their locks, and their parsed SQL.

Nothing goes by the text of a model: a macro, a hook, a view or a function may do the reading.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ready.database.query import relations_there
from ready.dbt.runner import DbtRun, require_success, run_dbt
from ready.proof.scratch import Scratch

READS = "tables_read"
HASHES = "sql_hashes"
OUTSIDE = "sql_hashes_outside"

# A lock on a table lasts until the transaction ends: so it shows what views and functions have read, too.
LOCKED = """
select distinct nspname || '.' || relname as name
from pg_locks
join pg_class on pg_class.oid = relation
join pg_namespace on pg_namespace.oid = relnamespace
where pid = pg_backend_pid() and locktype = 'relation' and relkind in ('r', 'p', 'v', 'm', 'f')
    and database = (select oid from pg_database where datname = current_database())
    and not starts_with(nspname, '{prefix}') and nspname !~ '^(pg_|information_schema$)'
"""

# Without the lock on its own table a model is in another transaction by now: a hook has ended its first.
ENDED = """
select 'something by a hook that ends its transaction' where not exists (
    select from pg_locks
    join pg_class on pg_class.oid = relation
    join pg_namespace on pg_namespace.oid = relnamespace
    where pid = pg_backend_pid() and mode in ('AccessExclusiveLock', 'RowExclusiveLock')
        and database = (select oid from pg_database where datname = current_database())
        and nspname = '{schema}' and relname in ('{table}', '{table}__candidate')
)
"""

# Of a query as the server has parsed it: the system's tables; the clock and whatever else differs from call
# to call; and functions that run with other rights than the caller's.
PARSED = r"""
with recursive parsed as (
    select ev_action::text as tree from pg_rewrite where ev_class = '{view}'::regclass
),

direct as (
    select pg_proc.* from parsed, regexp_matches(tree, ':funcid (\d+)', 'g') as found
    join pg_proc on pg_proc.oid = found[1]::oid
),

own as (
    select oid, proname, pg_get_functiondef(oid) as body from pg_proc
    where oid >= 16384 and prokind in ('f', 'p') and prosrc not in ({plan_functions})
),

-- The functions of users that these call in turn, by their names: a body may be nothing but text.
within (oid, body) as (
    select oid, body from own where oid in (select oid from direct)
    union
    select own.oid, own.body from within join own on within.body ~* ('\m' || own.proname || '\M')
),

called as (
    select pg_proc.*, body from pg_proc join within using (oid)
    union all
    select *, null from direct where oid < 16384
)

select distinct found[1]::oid::regclass::text
from parsed, regexp_matches(tree, ':relid (\d+)', 'g') as found
where found[1]::oid between 1 and 16383
union
select 'the clock' from parsed where tree ~ '\{{SQLVALUEFUNCTION :op [0-8] '
union
select 'the clock' from called
where proname in ('now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp', 'timeofday')
    or (proname = 'age' and pronargs = 1)
    or body ~* '\m(now|timeofday|(transaction|statement|clock)_timestamp)\s*\('
    or body ~* '\m(current|local)_?(date|time|timestamp)\M|''\s*(now|today|tomorrow|yesterday)\s*'''
union
select 'the settings' from called
where proname = 'current_setting' or body ~* '\mcurrent_setting\M'
union
select pronamespace::regnamespace || '.' || proname || '()' from called
where prosecdef
    or (oid < 16384 and provolatile = 'v' and proname !~ '^(random|setseed|clock_timestamp|timeofday)')
"""

# As macros/incremental/plan_tables.sql makes them: a model asks if it is built in full, and a check's are.
PLAN_FUNCTIONS = (
    " select current_setting('ready.builds', true) is distinct from 'in part' ",
    " select cast(nullif(current_setting('ready.loads_due', true), '') as bigint[]) ",
)

# A time that the server reads off the clock as it reads the text.
SPOKEN_TIME = re.compile(r"'\s*(?:now|today|tomorrow|yesterday)\s*'", re.IGNORECASE)

# What dbt puts into the SQL, as the server does not see it.
JINJA_CLOCK = re.compile(r"\brun_started_at\b|\.(?:now|utcnow|today)\s*\(")

REFUSED = re.compile(r"permission denied (?:for|to) (?P<kind>[a-z ]+?) (?P<name>\S+)")


def keep_reads(place: Scratch, parsed: Any) -> None:
    """Let each model of the parsed project tell, at the end of its transaction, which tables it has read."""
    from dbt.artifacts.resources.v1.config import Hook

    table = place.table("meta", READS)
    place.execute(f"create table {table} (model text, name text)")
    locked = LOCKED.format(prefix=place.settings.schema_prefix)
    for id, node in parsed.nodes.items():
        if node.resource_type == "model":
            ended = ENDED.format(schema=node.schema, table=node.alias)
            found = f"{locked} union all {ended} union all select null"
            statement = f"insert into {table} select '{id}', name from ({found}) as found"
            node.config.post_hook.append(Hook(sql=statement, transaction=True))


def reads_kept(place: Scratch) -> Iterator[tuple[str, str | None]]:
    """Of each model's id, the tables outside the scratch place that it reports to have read, or None."""
    yield from place.rows(f"select distinct model, name from {place.table('meta', READS)} order by 1, 2")


def reads_of_view(place: Scratch, view: str) -> list[str]:
    """The tables outside the scratch place that reading all of a view reads."""
    place.execute("begin")
    place.rows(f"select count({place.as_text('watched')}) from {view} as watched")
    found = [name for (name,) in place.rows(LOCKED.format(prefix=place.settings.schema_prefix))]
    place.execute("commit")
    return found


def reads_parsed(place: Scratch, compiled: str) -> list[str]:
    """What of the server itself a query reads, such as its clock."""
    view = place.table("meta", "parsed")
    place.execute(f"create view {view} as {compiled}")
    plan_functions = ", ".join(f"$body${body}$body$" for body in PLAN_FUNCTIONS)
    found = [name for (name,) in place.rows(PARSED.format(view=view, plan_functions=plan_functions))]
    place.execute(f"drop view {view}")
    return sorted({*found, *(["the clock"] if SPOKEN_TIME.search(compiled) else [])})


def jinja_clocks(manifest: Mapping[str, Any], ids: Iterable[str]) -> list[str]:
    """The nodes whose Jinja, or a macro of the project that it calls, reads the clock."""
    macros = manifest["macros"]

    def reads(node: Mapping[str, Any], text: str, seen: set[str]) -> bool:
        called = set(node["depends_on"]["macros"]) - seen
        seen.update(called)
        own = [macros[id] for id in called if macros[id]["package_name"] == node["package_name"]]
        return bool(JINJA_CLOCK.search(text)) or any(reads(one, one["macro_sql"], seen) for one in own)

    nodes = {id: manifest["nodes"][id] for id in ids if id in manifest["nodes"]}
    return [id for id, node in nodes.items() if reads(node, node.get("raw_code") or "", set())]


def refusals(place: Scratch, run: DbtRun) -> dict[str, str]:
    """Of each model that reached for what it may not read, the object's name."""
    found = {}
    for entry in run.results("model"):
        refused = REFUSED.search(entry["message"] or "") if entry["status"] == "error" else None
        if refused:
            found[entry["unique_id"]] = _object(place, refused, entry)
    return found


def _object(place: Scratch, refused: re.Match[str], entry: Mapping[str, Any]) -> str:
    kind, name = refused["kind"], refused["name"].strip('"')
    if kind == "schema":
        reached = re.search(
            rf'\b{re.escape(name)}"?\s*\.\s*"?(\w+)', entry["compiled_code"] or "", re.IGNORECASE
        )
        return f"{name}.{reached[1].lower()}" if reached else f"schema {name}"
    if kind not in ("table", "view", "materialized view", "foreign table", "sequence"):
        return f"{kind} {name}"
    literal = name.replace("'", "''")
    schemas = place.rows(
        f"select nspname from pg_class join pg_namespace on pg_namespace.oid = relnamespace "
        f"where relname = '{literal}' and not starts_with(nspname, '{place.settings.schema_prefix}') "
        "order by 1"
    )
    return f"{schemas[0][0]}.{name}" if len(schemas) == 1 else name


def compiled_by_caller(place: Scratch, models: Iterable[str]) -> DbtRun:
    """dbt's compilation of models where the caller builds them."""
    os.environ["READY_SCHEMA_PREFIX"] = place.caller.schema_prefix  # none, too
    return run_dbt(
        ["compile", "--select", *sorted(models), *place.dbt_target],
        settings=place.caller,
        params=place.params,
        on_node=lambda node: None,
        on_warning=lambda text: None,
    )


def hashes_in_use(place: Scratch) -> dict[str, str]:
    """Of each model's id, the hash of the SQL that the caller's table was built with."""
    table = place.table_in_use("meta", "model_definitions")
    if not place.columns(table):
        return {}
    rows = place.rows(f"select node_id, relation, sql_hash from {table}")
    there = place.call(relations_there, place.caller, [relation for _, relation, _ in rows])
    return {id: sql_hash for id, relation, sql_hash in rows if relation in there}


def hashes_of(
    place: Scratch, compiled: Mapping[str, Iterable[str]], parsed: Any, name: str = HASHES
) -> dict[str, set[str]]:
    """Of each model's id, the hashes that meta.model_definitions has of its compiled texts."""
    table = place.table("meta", name)
    place.execute(f"create table {table} (model {place.text_type}, sql_hash {place.text_type})")
    texts = {id: sorted(found) for id, found in compiled.items()}
    arguments = json.dumps({"hashes": table, "texts": texts})
    require_success(
        place.try_dbt("run-operation", "raw_to_ready.keep_sql_hashes", "--args", arguments, parsed=parsed),
        settings=place.settings,
    )
    hashes: dict[str, set[str]] = {}
    for id, sql_hash in place.rows(f"select model, sql_hash from {table}"):
        hashes.setdefault(id, set()).add(sql_hash)
    return hashes
