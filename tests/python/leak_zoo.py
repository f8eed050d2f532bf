"""A zoo of feature models: those that know their future, each in a way of its own, and those that do not.

As a program it checks the zoo of a project for leakage, and pickles the report into a file.

Each is a table by customer and feature_time. LEAKING ones are told with the column that moves; EVASIVE ones
get at what the check does not change, and are not proven, with what they read; CORRECT ones are not accused.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Collection
from pathlib import Path

from ready.postgres.server import ensure_server
from ready.proof.leakage import check_leakage
from ready.settings import Settings

# Of some customers, to be fast.
SOME = "(select * from {{ ref('customer_features') }} where right(customer_id, 1) in ('1', '5'))"
FEATURES = f"from {SOME} as f"
NEW_ROWS = (
    "{% if is_incremental() %} where f.feature_time > (select max(feature_time) from {{ this }}){% endif %}"
)
BY_CUSTOMER = "from {{ ref('orders') }} as o where o.customer_id = f.customer_id"


def feature(expression: str, config: str = "", features: str = FEATURES) -> str:
    return f"{config}select f.customer_id, f.feature_time, {expression} as x {features}"


def past(table: str, clock: str, value: str = "count(*)") -> str:
    known = f"o.customer_id = f.customer_id and o.{clock} < f.feature_time"
    return f"(select {value} from {table} as o where {known})"


DECISIONS = "{{ source('crm', 'decisions') }}"
STATES = "{{ source('crm', 'states') }}"

LEAKING = {
    # No cutoff, or the wrong one.
    "missing_cutoff": feature(f"(select count(*) {BY_CUSTOMER})"),
    "same_instant": feature(f"(select count(*) {BY_CUSTOMER} and o.order_ts <= f.feature_time)"),
    "equal_times": feature(f"(select count(*) {BY_CUSTOMER} and o.order_ts = f.feature_time)"),
    "second_ahead": feature(
        f"(select count(*) {BY_CUSTOMER} and o.order_ts < f.feature_time + interval '1 second')"
    ),
    "calendar_day": feature(f"(select count(*) {BY_CUSTOMER} and o.order_ts::date <= f.feature_time::date)"),
    "label_overlap": feature(
        f"(select sum(amount) {BY_CUSTOMER} and o.order_ts >= f.feature_time - interval '7 days' "
        "and o.order_ts < f.feature_time + interval '7 days')"
    ),
    "backward_fill": feature(
        f"(select amount {BY_CUSTOMER} and o.order_ts >= f.feature_time order by order_ts, order_id limit 1)"
    ),
    "next_row": feature("lead(f.orders_30d) over (partition by f.customer_id order by f.feature_time)"),
    # Of some rows only.
    "december_only": feature(
        f"(select count(*) {BY_CUSTOMER} and extract(month from f.feature_time) = 12 "
        "and o.order_ts >= f.feature_time and o.order_ts < f.feature_time + interval '7 days')"
    ),
    "one_customer": feature(
        f"(select count(*) {BY_CUSTOMER} and f.customer_id = (select min(s.customer_id) from {SOME} as s))"
    ),
    "last_months": feature(
        f"(select count(*) {BY_CUSTOMER} and f.feature_time >= '2025-04-01' and o.order_ts >= f.feature_time)"
    ),
    # Over all customers.
    "rank_of_all": feature(
        f"rank() over (partition by f.feature_time order by (select count(*) {BY_CUSTOMER}))"
    ),
    "mean_of_all": feature("(select round(avg(amount), 4) from {{ ref('orders') }})"),
    "encoding_of_all": feature(
        "(select round(avg(amount), 4) from {{ ref('orders') }} as e where e.channel = "
        f"(select o.channel {BY_CUSTOMER} and o.order_ts < f.feature_time "
        "order by order_ts desc, order_id limit 1))"
    ),
    "membership": feature(
        "1", features=f"{FEATURES} where exists (select {BY_CUSTOMER} and o.order_ts >= f.feature_time)"
    ),
    # Other tables, before their rows were known.
    "later_outcome": feature(past(DECISIONS, "opened_at", "sum(case when outcome then 1 else 0 end)")),
    "outcome_by_own_clock": feature(past(DECISIONS, "opened_at", "max(fee)")),
    "fee_of_all": feature(f"(select round(avg(fee), 4) from {DECISIONS})"),
    "latest_state": feature(f"(select s.state from {STATES} as s where s.customer_id = f.customer_id)"),
    "through_clean_states": feature(
        "(select s.points from {{ ref('clean_states') }} as s where s.customer_id = f.customer_id)"
    ),
    # By way of other models.
    "two_levels_up": feature(
        "(select n from {{ ref('order_counts') }} as c where c.customer_id = f.customer_id)"
    ),
    "through_ephemeral": feature(
        "(select n from {{ ref('hidden_counts') }} as c where c.customer_id = f.customer_id)"
    ),
    "when_incremental": feature(
        "{% if is_incremental() %}(select count(*) " + BY_CUSTOMER + "){% else %}0{% endif %}",
        "-- depends_on: {{ ref('orders') }}\n{{ config(materialized='incremental') }}",
        FEATURES + NEW_ROWS,
    ),
    "a_view": feature(f"(select count(*) {BY_CUSTOMER})", "{{ config(materialized='view') }}"),
    # By what was kept of an earlier build.
    "cached_by_hook": feature(
        "(select n from {{ this.schema }}.cached as c where c.customer_id = f.customer_id)",
        """{{ config(pre_hook="create table if not exists {{ this.schema }}.cached as
        select customer_id, count(*) as n from {{ ref('orders') }} group by 1") }}
        -- depends_on: {{ ref('orders') }}
        """,
    ),
    "frozen": "{{ config(materialized='table') }} {% set kept = load_relation(this) %} "
    "select n.customer_id, n.feature_time, {{ 'coalesce(k.x, n.x)' if kept else 'n.x' }} as x "
    f"from ({feature(f'(select count(*) {BY_CUSTOMER})')}) as n "
    "{% if kept %} left join {{ this }} as k using (customer_id, feature_time) {% endif %}",
    # A date is known since its midnight; no row of this table is of a first of a month.
    "same_day": feature(
        "(select count(*) from {{ source('crm', 'visits') }} as o "
        "where o.customer_id = f.customer_id and o.day <= f.feature_time::date)"
    ),
}


def reaching(table: str, config: str = "") -> str:
    return feature(f"(select count(*) from {table} as o where o.customer_id = f.customer_id)", config)


EVASIVE = {
    "upper_case": (reaching("STG.ORDERS"), "stg.orders"),
    "spaced": (reaching("stg . orders"), "stg.orders"),
    "dashes": (
        feature(
            "case when f.customer_id <> '--' then "
            "(select count(*) from stg.orders as o where o.customer_id = f.customer_id) end"
        ),
        "stg.orders",
    ),
    "by_macro": (reaching("{{ all_orders() }}"), "stg.orders"),
    "by_source": (reaching("{{ source('shop', 'orders') }}"), "stg.orders"),
    "get_relation": (
        reaching("{{ adapter.get_relation(database=target.database, schema='stg', identifier='orders') }}"),
        "stg.orders",
    ),
    "search_path": (reaching("orders", "{{ config(pre_hook='set search_path = stg') }}"), "stg.orders"),
    "other_role": (reaching("stg.orders", "{{ config(pre_hook='set role none') }}"), "stg.orders"),
    "view_elsewhere": (reaching("marts.shown_orders"), "stg.orders"),
    "before_begin": (
        reaching("marts.shown_orders", "{{ config(pre_hook=before_begin('select 1')) }}"),
        "something by a hook that ends its transaction",
    ),
    "early_commit": (
        reaching("marts.shown_orders", "{{ config(post_hook='commit') }}"),
        "something by a hook that ends its transaction",
    ),
    "function": (feature("public.orders_of(f.customer_id)"), "stg.orders"),
    "definer_function": (feature("public.all_orders_of(f.customer_id)"), "public.all_orders_of()"),
    "definer_in_a_view": (
        feature("public.all_orders_of(f.customer_id)", "{{ config(materialized='view') }}"),
        "stg.orders",
    ),
    "when_incremental_outright": (
        feature(
            "{% if is_incremental() %}(select count(*) from stg.orders as o "
            "where o.customer_id = f.customer_id){% else %}0{% endif %}",
            "{{ config(materialized='incremental') }}",
        ),
        "stg.orders",
    ),
    "by_hook": (
        feature(
            "0::bigint",
            "{{ config(materialized='table', "
            "post_hook='update {{ this }} set x = (select count(*) from stg.orders)') }}",
        ),
        "stg.orders",
    ),
    "undated_source": (reaching("{{ source('crm', 'plans') }}"), "plans"),
    "seed_of_all_orders": (reaching("{{ ref('orders_to_date') }}"), "orders_to_date"),
    "snapshot": (reaching("{{ ref('orders_history') }}"), "orders_history"),
    "ledger": (feature("(select sum(rows_loaded) from {{ source('raw', 'loads') }})"), "loads"),
    "statistics": (
        feature("(select reltuples from pg_class where oid = 'stg.orders'::regclass)"),
        "pg_class",
    ),
    "today": (feature("current_date - f.feature_time::date"), "the clock"),
    "this_year": (feature("date_trunc('year', now()) > f.feature_time"), "the clock"),
    "spoken_today": (feature("'today'::date - f.feature_time::date"), "the clock"),
    "dated_by_jinja": (
        feature("'{{ run_started_at.strftime(\"%Y-%m-%d\") }}'::date - f.feature_time::date"),
        "the clock",
    ),
    "dated_by_macro": (feature("'{{ day_of_build() }}'::date - f.feature_time::date"), "the clock"),
    "clock_within": (feature("public.outer_clock() - f.feature_time::date"), "the clock"),
    "setting": (feature("current_setting('shop.orders', true)"), "the settings"),
    "hookless": (
        reaching("marts.shown_orders", "{{ config(materialized='hookless') }}"),
        "hookless has a materialization that runs no hooks",
    ),
    "other_in_scratch": (
        feature(
            f"(select count(*) {BY_CUSTOMER} {{% if this.schema != 'feats' %}} "
            "and o.order_ts < f.feature_time {% endif %})"
        ),
        "other_in_scratch has other SQL outside the check",
    ),
    "columns_by_data": (
        "-- depends_on: {{ ref('orders') }}\n{% set found = run_query('select distinct status from ' "
        "~ ref('orders') ~ ' order by 1').columns[0].values() if execute else [] %} "
        "select f.customer_id, f.feature_time {% for one in found %}, f.orders_7d as of_{{ one }} "
        "{% endfor %} "
        f"{FEATURES}",
        "which columns it has goes by the data: of_changed",
    ),
    "by_month": (
        f"select customer_id, to_char(feature_time, 'YYYY-MM') as feature_time, orders_7d as x {FEATURES}",
        "its feature_time is no time",
    ),
    "by_epoch": (
        f"select customer_id, extract(epoch from feature_time)::bigint as feature_time, 1 as x {FEATURES}",
        "its feature_time is no time",
    ),
    "below_undated": (feature("f.x", features="from {{ ref('undated_source') }} as f"), "plans"),
}

CORRECT = {
    "ratio": feature("f.orders_7d * 1.0 / nullif(f.orders_90d, 0)"),
    "strictly_before": feature(past("{{ ref('orders') }}", "order_ts")),
    "mean_before": feature(
        "(select avg(amount) from {{ ref('orders') }} as o where o.order_ts < f.feature_time)"
    ),
    "rank_before": feature("rank() over (partition by f.feature_time order by f.orders_total)"),
    "row_before": feature("lag(f.orders_30d) over (partition by f.customer_id order by f.feature_time)"),
    "decided_before": feature(past(DECISIONS, "decided_at", "sum(case when outcome then fee else 0 end)")),
    "state_before": feature(past(STATES, "updated_at", "max(points)")),
    "own_spine": """
        select distinct o.customer_id, d.feature_time,
            (select count(*) from {{ ref('orders') }} as p
             where p.customer_id = o.customer_id and p.order_ts < d.feature_time) as x
        from {{ ref('orders') }} as o
        cross join (
            values ('2024-05-17 13:00Z'::timestamptz), ('2024-11-30Z'), ('2025-05-01Z')
        ) as d (feature_time)
        where o.order_ts < d.feature_time""",
    "grows": feature(
        past("{{ ref('orders') }}", "order_ts"),
        "{{ config(materialized='incremental') }}",
        FEATURES + NEW_ROWS,
    ),
    "as_text": f"select customer_id, feature_time::text as feature_time, orders_7d as x {FEATURES}",
    "as_date": f"select customer_id, feature_time::date as feature_time, orders_7d as x {FEATURES}",
    "pure_function": feature("public.doubled(f.orders_7d)"),
    "odd_names": feature('f.orders_7d as present, f.orders_30d as copy_number, 1 as held, 2 as "a %", 3'),
    "day_before": feature(
        "(select count(*) from {{ source('crm', 'visits') }} as o "
        "where o.customer_id = f.customer_id and o.day < f.feature_time::date)"
    ),
    "year_parsed": feature("public.year_of('2024') - f.feature_time::date"),
    "clean_view": feature("f.orders_7d", "{{ config(materialized='view') }}"),
}

HELPERS = {
    "clean_states": f"select customer_id, points from {STATES} where points is not null",
    "order_counts": "select customer_id, count(*) as n from {{ ref('orders') }} group by 1",
    "hidden_counts": "{{ config(materialized='ephemeral') }}"
    "select customer_id, count(*) as n from {{ ref('orders') }} group by 1",
}

SOURCES = """
version: 2
sources:
  - name: shop
    schema: stg
    tables: [{name: orders}]
  - name: crm
    schema: crm
    tables:
      - {name: decisions, config: {meta: {ready: {available_at: decided_at}}}}
      - {name: states, config: {meta: {ready: {available_at: updated_at}}}}
      - {name: visits, config: {meta: {ready: {available_at: day}}}}
      - {name: plans}
"""

TABLES = """
create schema crm;
create table crm.decisions as
select customer_id, order_id, order_ts as opened_at, order_ts + interval '20 days' as decided_at,
    md5(order_id) < '8' as outcome, amount / 10 as fee
from stg.orders;
create table crm.states as
select distinct on (customer_id) customer_id, coalesce(channel, 'none') as state, order_ts as updated_at,
    length(order_id) as points
from stg.orders order by customer_id, order_ts desc;
create table crm.visits as
select customer_id, order_ts::date as day from stg.orders where extract(day from order_ts) > 1;
create table crm.plans as select customer_id, count(*) as plans from stg.orders group by 1;
create table stg.orders_to_date as select customer_id from stg.orders;
create schema marts;
create view marts.shown_orders as select * from stg.orders;
grant usage on schema marts to public;
grant select on marts.shown_orders to public;
create function public.orders_of(text) returns bigint language sql stable as
    'select count(*) from stg.orders where customer_id = $1';
create function public.all_orders_of(text) returns bigint language sql stable security definer as
    'select count(*) from stg.orders where customer_id = $1';
create function public.inner_clock() returns date language sql return current_date;
create function public.outer_clock() returns date language sql stable as 'select public.inner_clock()';
create function public.year_of(text) returns date language sql immutable as
    'select to_timestamp($1, ''YYYY'')::date';
create function public.doubled(bigint) returns bigint language sql immutable as 'select 2 * $1';
do $$ declare kept text; begin
    foreach kept in array array[
        'crm.decisions', 'crm.states', 'crm.visits', 'crm.plans', 'stg.orders_to_date'
    ] loop
        execute 'alter table ' || kept || ' owner to ready_builder';
    end loop;
    grant usage on schema crm to ready_builder;
end $$;
"""


HOOKLESS = """{% materialization hookless, adapter='postgres' %}
    {% do drop_relation_if_exists(load_cached_relation(this)) %}
    {% call statement('main') %}
        {{ get_create_table_as_sql(False, this.incorporate(type='table'), sql) }}
    {% endcall %}
    {% do adapter.commit() %}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}"""


def side_by_side(animals: dict[str, str], together: str) -> dict[str, str]:
    """Those that are one expression as columns of one model, for a model takes dbt longer than PostgreSQL."""
    start, end = feature("...").split("...")
    within = {name for name, sql in animals.items() if sql.startswith(start) and sql.endswith(end)}
    columns = (f"{animals[name].removeprefix(start).removesuffix(end)} as {name}" for name in sorted(within))
    wide = f"select f.customer_id, f.feature_time, {', '.join(columns)} {FEATURES}"
    return {together: wide} | {name: sql for name, sql in animals.items() if name not in within}


LEAKING_TOGETHER, CORRECT_TOGETHER = "leaking_together", "correct_together"
BESIDE_EVASIVE = {
    **side_by_side(LEAKING, LEAKING_TOGETHER), **side_by_side(CORRECT, CORRECT_TOGETHER), **HELPERS,
}  # fmt: skip


def one_by_read() -> list[str]:
    """Of the evasive ones the first that reads a thing, for each thing."""
    return list({read: name for name, (_, read) in reversed(EVASIVE.items())}.values())


def open_zoo(project: Path, evasive: Collection[str]) -> None:
    """Let the animals into a project, of the evasive these; TABLES makes what they feed on."""
    features = project / "models" / "features"
    for name, sql in {**BESIDE_EVASIVE, **{name: EVASIVE[name][0] for name in evasive}}.items():
        (features / f"{name}.sql").write_text(sql)
    (features / "zoo.yml").write_text(SOURCES)
    (project / "seeds" / "orders_to_date.csv").write_text("customer_id\nC000001\n")
    (project / "macros" / "all_orders.sql").write_text("{% macro all_orders() %}stg.orders{% endmacro %}")
    (project / "macros" / "day_of_build.sql").write_text(
        "{% macro day_of_build() %}{{ modules.datetime.date.today() }}{% endmacro %}"
    )
    (project / "macros" / "hookless.sql").write_text(HOOKLESS)


if __name__ == "__main__":
    resolved = Settings.resolve()
    checked = check_leakage(resolved, ensure_server(resolved), cutoffs=1, say=lambda text: None)
    Path(sys.argv[1]).write_bytes(pickle.dumps(checked))
