"""What each role may and may not do, tried as that role; and databases in which roles come late."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2.errors
import pytest
from conftest import RunReady
from proof_case import Shop
from warehouse import Warehouse, new_database

from loader import load_files
from loader.ledger import PostgresLedger
from ready.database.opening import open_database
from ready.database.query import connected
from ready.postgres.connection import ConnectionParams
from ready.postgres.roles import BUILDER, LOADER, OWNER, READER, adopt, create_login_roles

SUPERSEDE = (
    "update raw.loads set status = 'superseded', superseded_by = 2, superseded_at = now() where load_id = 1"
)

DRAW = "select nextval('raw.loads_load_id_seq')"
EVENT = "insert into raw.raw_events (load_id, line_number, payload) values ({}, 9, '{{}}')"
REJECT = "insert into raw.rejected_rows values ({}, 9, 'reason', 'line')"
RECORD = """
insert into raw.loads (load_id, source, file_name, file_sha256, file_bytes, rows_loaded, rows_rejected,
    columns, delimiter, encoding)
values ({}, 'orders', 'new.csv', repeat('0', 64), 1, 1, 0, '[]', ',', 'utf-8')
"""
DRAWN = "currval('raw.loads_load_id_seq')"

FORBIDDEN = {
    LOADER: [
        EVENT.format(1),
        REJECT.format(1),
        RECORD.format(99),
        f"{DRAW}; {EVENT.format(1)}",
        f"{DRAW}; {REJECT.format(1)}",
        f"{DRAW}; {RECORD.format(99)}",
        f"{DRAW}; {RECORD.format(DRAWN)}; {EVENT.format(DRAWN)}",
        f"{DRAW}; {RECORD.format(DRAWN)}; {REJECT.format(DRAWN)}",
        "select setval('raw.loads_load_id_seq', 1)",
        "alter sequence raw.loads_load_id_seq restart",
        "alter table raw.raw_events disable trigger of_this_load",
        "update raw.raw_events set payload = '{}'",
        "delete from raw.raw_events",
        "truncate raw.raw_events",
        "select payload from raw.raw_events",
        "select from feats.customer_features_at('C000015')",
        "alter table raw.raw_events disable trigger immutable",
        "delete from raw.loads",
        "update raw.loads set file_sha256 = repeat('0', 64)",
        f"{SUPERSEDE}; update raw.loads set status = 'loaded', superseded_by = null, superseded_at = null",
        "delete from raw.rejected_rows",
        "drop table raw.rejected_rows",
        "create table raw.mine ()",
        "select from stg.orders",
        "insert into meta.feature_registry select * from meta.feature_registry",
        "set role ready_builder",
    ],
    BUILDER: [
        "insert into raw.raw_events (load_id, line_number, payload) values (1, 1, '{}')",
        "update raw.raw_events set payload = '{}'",
        "delete from raw.loads",
        "update raw.loads set status = 'loaded'",
        "create or replace function raw.refuse_change() returns trigger language sql as 'select null'",
        "update meta.feature_registry set data_hash = ''",
        "delete from meta.feature_registry",
        "truncate meta.feature_registry",
        "drop table meta.feature_registry",
        "alter table meta.feature_registry disable trigger immutable",
        "alter table meta.feature_registry owner to ready_builder",
        "delete from meta.dataset_splits",
        "update meta.dataset_splits set split = 'train'",
        "truncate meta.dataset_splits",
        "select meta.retire_dataset_splits('meta', 'customer_features', 1)",
        "insert into meta.dataset_splits values ('customer_features', 1, 'x', now(), 'test');"
        "select meta.retire_dataset_splits('meta', 'customer_features', 1)",
        "delete from meta.dataset_split_summary",
        "update meta.validation_results set status = 'pass'",
        "delete from meta.validation_results",
        "update meta.model_sql set sql = ''",
        "drop schema meta cascade",
        "set role ready_owner",
        "set session authorization ready",
        "set session_replication_role = replica",
        "create role mine superuser",
        "copy (select 1) to program 'true'",
    ],
    READER: [
        "select from raw.loads",
        "lock table raw.loads in access share mode",
        "lock table raw.file_locks in access share mode",
        "lock table feats.customer_features in row share mode",
        "lock table meta.feature_registry in row share mode",
        "lock table meta.build_lock in share update exclusive mode",
        "lock table meta.build_lock in row exclusive mode",
        "lock table meta.gate_counts in share update exclusive mode",
        "lock table meta.gate_order_ids in share update exclusive mode",
        "select from meta.build_at_work for share",
        "select from meta.current_versions for key share",
        "insert into meta.build_at_work (invocation_id) values ('mine')",
        "update meta.leakage_verdicts set verdict = 'same'",
        "update meta.reproductions set verdict = 'equal'",
        "select from stg.orders",
        "select from stg.orders_parsed",
        "select from stg.customer_purchases",
        "create or replace function feats.customer_features_at(text, timestamptz) returns text return 'x'",
        "update feats.customer_features set orders_7d = 0",
        "insert into meta.validation_results select * from meta.validation_results",
        "delete from meta.dataset_splits",
        "create table feats.mine ()",
        "select meta.hand_over_history('feats', array['customer_features'])",
        "set role ready_builder",
    ],
}
# What a builder may make of a table that it is about to hand over: code that would run as the new owner, or
# a way to its rows by another one's right.
TRAPS = {
    "default": "alter table {0} add column x text default evil()",
    "generated column": "alter table {0} add column x text generated always as (evil()) stored",
    "check": "alter table {0} add check (evil() is not null)",
    "index on an expression": "create index on {0} ((evil()))",
    "partial index": "create index on {0} (feature_set) where evil() is not null",
    "statistics": "create statistics of_it on (evil()), feature_set from {0}",
    "trigger": "create trigger t before delete on {0} for each statement execute function evil_trigger()",
    "disguised trigger": "create trigger immutable before delete on {0} execute function evil_trigger()",
    "rule": "create rule r as on insert to {0} do also select evil()",
    "policy": "alter table {0} enable row level security",
    "domain": "create domain d as text check (evil() is not null); alter table {0} add column x d",
    "type of one's own": "create type c as (x text); alter table {0} add column x c",
    "foreign key": "create table p (f text primary key); "
    "alter table {0} add foreign key (feature_set) references p on delete cascade",
    "referenced": "create unique index on {0} (feature_set); "
    "create table f (f text references {0} (feature_set))",
    "child": "create table child () inherits ({0})",
    "parent": "create table parent (feature_set text not null); alter table {0} inherit parent",
    "view": "drop table {0}; create view {0} as select evil() as feature_set",
    "column right": "grant update (feature_set) on {0} to ready_reader",
    "unlogged": "alter table {0} set unlogged",
}
EVIL = """
create schema evil_meta;
set local search_path = evil_meta;
create function evil() returns text language plpgsql immutable as $$ begin return 'x'; end $$;
create function evil_trigger() returns trigger language plpgsql as $$ begin raise exception 'ran'; end $$;
create table dataset_splits (like meta.dataset_splits);
create table feature_registry (like meta.feature_registry);
create table dataset_split_summary (like meta.dataset_split_summary);
"""
HAND_OVER = """
select meta.hand_over_history(
    'evil_meta', array['dataset_splits', 'feature_registry', 'dataset_split_summary', 'mine']
)
"""
OWNERS = "select relowner::regrole::text from pg_class where oid = 'evil_meta.{}'::regclass"
HISTORY = (
    "raw.loads",
    "raw.raw_events",
    "meta.feature_registry",
    "meta.dataset_splits",
    "meta.validation_results",
)


@pytest.fixture(scope="module")
def granted(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with new_database(server, template=built_shop.database) as database:
        shop = built_shop.copy(tmp_path_factory.mktemp("granted") / "shop", database)
        with contextlib.closing(database.connect()) as connection, connection, connection.cursor() as cursor:
            create_login_roles(cursor)
        yield shop


def attempt(warehouse: Warehouse, role: str, statement: str) -> None:
    """Logged in as the role, and taken back where it worked."""
    user = replace(warehouse.database, user=role)
    with contextlib.closing(user.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        connection.rollback()


@pytest.mark.parametrize("role", FORBIDDEN)
def test_forbidden(role: str, granted: Warehouse) -> None:
    before = granted.bytes_of(HISTORY)
    for statement in FORBIDDEN[role]:
        try:
            attempt(granted, role, statement)
        except psycopg2.errors.InsufficientPrivilege:
            continue
        pytest.fail(f"{role} may: {statement}")
    assert granted.bytes_of(HISTORY) == before


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (LOADER, "select * from raw.loads"),
        (LOADER, SUPERSEDE),
        (LOADER, f"{DRAW}; {EVENT.format(DRAWN)}; {REJECT.format(DRAWN)}; {RECORD.format(DRAWN)}"),
        (BUILDER, "select payload from raw.raw_events"),
        (BUILDER, "drop table stg.orders_rejected"),
        (BUILDER, "create schema pr_1_stg"),
        (BUILDER, "insert into meta.model_sql values ('x', 'y')"),
        (READER, "select from feats.customer_training_set"),
        (READER, "select from meta.feature_registry"),
        (READER, "select orders_7d from feats.customer_features_at('C000015')"),
        (READER, "select split, count(*) from meta.dataset_splits group by split"),
    ],
)
def test_allowed(role: str, statement: str, granted: Warehouse) -> None:
    attempt(granted, role, statement)


@contextlib.contextmanager
def session(warehouse: Warehouse, role: str) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Statements in one transaction of a login as the role, which is taken back."""
    user = replace(warehouse.database, user=role)
    with contextlib.closing(user.connect()) as connection, connection.cursor() as cursor:

        def run(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

        yield run
        connection.rollback()


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("table", ["dataset_splits", "feature_registry"])
def test_no_history_is_taken_that_the_builder_has_a_way_into(
    trap: str, table: str, granted: Warehouse
) -> None:
    with session(granted, BUILDER) as run:
        run(EVIL)
        run(TRAPS[trap].format(table))
        run(HAND_OVER)
        assert run(OWNERS.format(table)) == [(BUILDER,)]
        assert run(OWNERS.format("dataset_split_summary")) == [(OWNER,)]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="is not kept by ready_owner"):
            run("select meta.retire_dataset_splits('evil_meta', 'customer_features', 1)")


def test_history_is_taken_as_the_product_makes_it(granted: Warehouse) -> None:
    with session(granted, BUILDER) as run:
        run(EVIL)
        run("alter table feature_registry add primary key (feature_set, feature_version, data_hash)")
        run("alter table feature_registry alter created_at set default now()")
        run("create trigger immutable before update on feature_registry execute function raw.refuse_change()")
        run("create table mine (x text)")
        run("grant all on feature_registry to ready_reader with grant option")
        run(HAND_OVER)
        assert run(OWNERS.format("feature_registry")) == [(OWNER,)]
        assert run(OWNERS.format("mine")) == [(BUILDER,)]
        rights = run("""
            select grantee::regrole::text, string_agg(privilege_type, ' ' order by privilege_type)
            from pg_class, aclexplode(relacl)
            where oid = 'feature_registry'::regclass and grantee <> relowner group by 1 order by 1
        """)
        assert rights == [(BUILDER, "INSERT SELECT"), (READER, "SELECT")]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="holds no history"):
            run("select meta.hand_over_history('feats', array['customer_features'])")


def test_functions_look_nothing_up_elsewhere(granted: Warehouse) -> None:
    functions = granted.rows("""
        select proname, proconfig from pg_proc
        where pronamespace::regnamespace::text in ('raw', 'meta') and prokind = 'f'
    """)
    assert len(functions) >= 7
    assert [name for name, settings in functions if settings != ["search_path=pg_catalog, pg_temp"]] == []


def test_the_builder_is_given_what_dbt_has_made_as_another_user(granted: Warehouse) -> None:
    function = "feats.customer_features_at(text, timestamptz)"
    granted.execute("alter table stg.customer_purchases owner to current_user")
    granted.execute(f"alter function {function} owner to current_user")
    with contextlib.closing(granted.database.connect()) as connection:
        adopt(connection, ["stg", "feats", "meta"])
    owners = granted.rows(
        "select pg_get_userbyid(relowner) from pg_class where oid = 'stg.customer_purchases'::regclass"
        f" union all select pg_get_userbyid(proowner) from pg_proc where oid = '{function}'::regprocedure"
    )
    assert owners == [(BUILDER,)] * 2


def test_a_temporary_type_runs_no_code_as_the_owner(granted: Warehouse) -> None:
    """Temporary types and tables come first in a search_path that does not name pg_temp."""
    with session(granted, LOADER) as run:
        run("""
            create function pg_temp.evil(value pg_catalog.text) returns boolean language plpgsql
                as $$ begin raise exception 'ran as %', current_user; end $$;
            create domain pg_temp.text as pg_catalog.text check (pg_temp.evil(value));
        """)
        arguments = "'orders', 1, 1, '{}'::pg_catalog.text[], array['order_id']::pg_catalog.text[], true"
        (counted,) = run(f"select * from raw.orders_gone({arguments})")
    assert counted[0] > 0


def test_a_temporary_catalog_hides_no_trap(granted: Warehouse) -> None:
    with session(granted, BUILDER) as run:
        run(EVIL)
        run(TRAPS["trigger"].format("feature_registry"))
        run("create table pg_temp.pg_depend (like pg_catalog.pg_depend)")
        run(HAND_OVER)
        assert run(OWNERS.format("feature_registry")) == [(BUILDER,)]


def test_what_builds_have_made_is_read_with_their_rights(granted: Shop) -> None:
    """A recorded query and a view are the builder's, so they run as it, whoever reads."""
    for query in ("feats.customer_training_set", "meta.feature_queries"):
        assert granted.rows(
            f"select tableowner from pg_tables where schemaname || '.' || tablename = '{query}'"
        ) == [(BUILDER,)]
    with connected(granted.settings) as connection, connection.cursor() as cursor:
        cursor.execute("select current_user")
        assert cursor.fetchone() == (BUILDER,)


@pytest.mark.parametrize("trigger", ["meta.feature_registry", "meta.validation_results", "raw.loads"])
def test_even_a_superuser_changes_no_history_by_mistake(trigger: str, granted: Warehouse) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="immutable"):
        granted.execute(f"delete from {trigger}")


def test_the_loader_loads_and_supersedes(shop: Shop, tmp_path: Path) -> None:
    loader = open_database(shop.settings, role=LOADER)
    file = shop.data / "orders_2024_h1.csv"
    file.write_bytes(b"\n".join(file.read_bytes().splitlines()[:-1]))

    summary = load_files(loader.connect, [shop.data])

    assert summary.files[0].outcome == "superseded earlier load 1"
    assert shop.value("select status from raw.loads where load_id = 1") == "superseded"


def test_a_reader_keeps_no_loader_waiting(granted: Shop) -> None:
    """With an advisory lock, which anyone may take, on the key that loaders once used."""
    name = "orders_2024_h1.csv"
    key = int.from_bytes(hashlib.sha256(f"orders\0{name}".encode()).digest()[:8], "big", signed=True)
    with session(granted, READER) as run:
        run(f"select pg_advisory_lock({key})")
        loader = open_database(granted.settings, role=LOADER)
        with contextlib.closing(loader.connect()) as connection, connection.cursor() as cursor:
            assert PostgresLedger(cursor, "orders").lock_file(name, wait=False)


def test_one_loader_waits_for_another(granted: Shop) -> None:
    with contextlib.ExitStack() as stack:
        first, second = (
            stack.enter_context(
                stack.enter_context(
                    contextlib.closing(replace(granted.database, user=LOADER).connect())
                ).cursor()
            )
            for _ in range(2)
        )
        ledgers = PostgresLedger(first, "orders"), PostgresLedger(second, "orders")
        for name in ("new.csv", "new.csv", "orders_2024_h1.csv"):
            assert ledgers[0].lock_file(name, wait=False)
            assert not ledgers[1].lock_file(name, wait=False)
            assert ledgers[1].lock_file("another.csv", wait=False)
            first.connection.commit()
            assert ledgers[1].lock_file(name, wait=True)
            second.execute("show lock_timeout")
            assert second.fetchone() == ("0",)
            second.connection.commit()


def test_a_login_for_each_role_is_enough(granted: Warehouse) -> None:
    """On a server where no one user may do both."""
    loader, builder, reader = (
        replace(granted, database=replace(granted.database, user=role)) for role in (LOADER, BUILDER, READER)
    )
    data = granted.folder / "data"
    loaded = loader.ready("load", data)
    assert (loaded.returncode, "3 already loaded" in loaded.stdout) == (0, True), loaded.stderr
    built = builder.ready("dbt", "run", "--select", "order_statuses+1", "--quiet")
    assert built.returncode == 0, built.stdout
    exported = reader.ready("export", "--out", granted.folder / "exported")
    assert (exported.returncode, "written" in exported.stdout) == (0, True), exported.stderr
    refused = reader.ready("run", "--data", data)
    assert (refused.returncode, "Traceback" in refused.stderr) == (3, False), refused.stderr


def test_a_rewritten_membership_takes_the_place_of_the_old(shop: Shop) -> None:
    """Through the one door: the rows of the earlier build go, other versions' stay."""
    owner = replace(shop.database, role=OWNER)
    with contextlib.closing(owner.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into meta.dataset_splits values ('customer_features', 1, 'gone', now(), 'test')"
        )
        cursor.execute(
            "insert into meta.dataset_splits values ('customer_features', 7, 'stays', now(), 'test')"
        )

    done = shop.ready(
        "dbt",
        "build",
        "--full-refresh",
        "--select",
        "feature_times+",
        "--exclude-resource-type",
        "unit_test",
        "--quiet",
    )

    assert done.returncode == 0, done.stdout
    assert shop.rows("select feature_version, count(*) from meta.dataset_splits group by 1 order by 1") == [
        (1, 1634),
        (7, 1),
    ]
    assert shop.rows(
        "select distinct relowner::regrole::text from pg_class where oid = any("
        "array['feats.customer_features', 'stg.orders', 'meta.current_versions']::regclass[])"
    ) == [(BUILDER,)]
    assert shop.rows(f"select has_table_privilege('{READER}', 'feats.customer_features', 'select')") == [
        (True,)
    ]


def as_before_there_were_roles(shop: Shop) -> None:
    shop.execute("drop function meta.hand_over_history, meta.retire_dataset_splits, meta.runs_no_code")
    for role in (OWNER, BUILDER, READER, LOADER):
        shop.execute(f"reassign owned by {role} to {shop.database.user}")
        shop.execute(f"drop owned by {role}")


def test_without_roles_all_runs_as_the_connecting_user_until_they_are_granted(shop: Shop) -> None:
    as_before_there_were_roles(shop)
    assert open_database(shop.settings) == shop.database
    status = shop.ready("db", "status").stdout
    assert "none: loader and dbt run as ready; ready db grant makes them" in status

    assert shop.ready("db", "grant").returncode == 0

    assert open_database(shop.settings).role == BUILDER
    assert "the loader runs as ready_loader, dbt as ready_builder" in shop.ready("db", "status").stdout
    assert shop.ready("dbt", "run", "--select", "feature_times", "--quiet").returncode == 0
    owners = dict(shop.rows("select relname, relowner::regrole::text from pg_class where relkind = 'r'"))
    assert (owners["feature_registry"], owners["dataset_splits"]) == (OWNER, OWNER)
    assert (owners["orders"], owners["customer_features"], owners["build_state"]) == (BUILDER,) * 3


def test_grant_needs_someone_who_may(database: ConnectionParams, tmp_path: Path) -> None:
    user = replace(database, user=f"owner_{database.dbname}")
    warehouse = Warehouse(tmp_path, database)
    warehouse.execute(f"create role {user.user} login; alter database {database.dbname} owner to {user.user}")
    done = replace(warehouse, database=user).ready("db", "grant")
    warehouse.execute(f"reassign owned by {user.user} to ready")
    warehouse.execute(f"drop owned by {user.user}; drop role {user.user}")
    assert (done.returncode, "let an administrator of the server run" in done.stderr) == (3, True), (
        done.stderr
    )


def test_a_pull_requests_schemas_go_with_the_history_that_the_builder_cannot_drop(granted: Warehouse) -> None:
    for schema, owner in (("stg", BUILDER), ("feats", BUILDER), ("meta", OWNER)):
        granted.execute(f"create schema pr_7_{schema} authorization {owner}")
    granted.execute(
        f"create table pr_7_meta.build_lock (); alter table pr_7_meta.build_lock owner to {BUILDER}"
    )
    granted.execute(f"grant usage on schema pr_7_meta to {BUILDER}")
    done = granted.ready("db", "drop", "pr_7_", "--yes")
    assert done.stdout == "Dropped pr_7_feats, pr_7_meta, pr_7_stg.\n", done.stderr


def test_the_embedded_server_has_them_by_itself(run_ready: RunReady) -> None:
    owners = "select distinct nspowner::regrole from pg_namespace where nspname in ('stg', 'feats')"
    run_ready("db", "start")
    assert run_ready("db", "psql", "-Atc", owners).stdout == "ready_builder\n"
    run_ready("db", "psql", "-U", READER, "-c", f"alter role {READER} set search_path = nowhere")
    run_ready(
        "db", "psql", "-U", READER, "-c", f"alter role {READER} in database ready set timezone = 'Asia/Tokyo'"
    )
    run_ready("load", "--list")
    assert run_ready("db", "psql", "-Atc", "select * from pg_db_role_setting").stdout == ""
    plain = run_ready("db", "psql", "-U", BUILDER, "-Atc", "set role ready; select 1")
    assert "permission denied to set role" in plain.stderr
