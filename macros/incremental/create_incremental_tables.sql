{# What incremental builds remember, in schema meta: what each table was last built from, and which customers' orders have
   changed since, and what is counted and summed of each published one. Losing them costs one full build. Idempotent. #}
{% macro create_incremental_tables() %}{{ return(adapter.dispatch('create_incremental_tables')()) }}{% endmacro %}

{% macro postgres__create_incremental_tables() -%}
    {%- set meta = meta_schema() -%}
    create table if not exists {{ meta }}.table_states (
        relation text primary key,
        definition_hash text not null,
        load_ids bigint[] not null,
        generation text,
        last_change bigint,
        data_end timestamptz,
        built_at timestamptz not null default now(),
        loads text[],
        made_of text
    );

    create table if not exists {{ meta }}.order_changes (
        change_id bigint generated always as identity primary key,
        customer_id text not null,
        order_ts timestamptz not null,
        order_id text,
        changed_at timestamptz not null default now(),
        source text not null default 'orders'
    );

    create table if not exists {{ meta }}.table_contents (
        relation text not null,
        part text not null,
        row_count bigint not null,
        high numeric,
        low numeric,
        filled bigint,
        total numeric,
        zero bigint,
        minimum numeric,
        maximum numeric,
        entity_count bigint,
        time_from timestamptz,
        time_to timestamptz,
        next_from timestamptz,
        primary key (relation, part)
    );
    {{ create_plan_tables() }}
    {{ create_plan_functions() }}
{%- endmacro %}
