{# The tables of schema meta: a history that outlives every rebuild, so they are no dbt models. Idempotent. #}
{% macro create_meta_tables() %}{{ return(adapter.dispatch('create_meta_tables')()) }}{% endmacro %}

{% macro postgres__create_meta_tables() -%}
    {%- set meta = meta_schema() -%}
    {%- set build = 'feature_set text not null, feature_version integer not null, data_hash text not null' -%}
    create schema if not exists {{ meta }};

    create table if not exists {{ meta }}.feature_registry (
        feature_set text not null,
        feature_version integer not null,
        config_hash text not null,
        sql_hash text not null,
        lineage jsonb not null,
        data_hash text not null,
        row_count bigint not null,
        columns jsonb not null,
        load_ids bigint[] not null,
        validation_passed boolean not null,
        git_commit text,
        git_dirty boolean,
        invocation_id text not null,
        created_at timestamptz not null default now(),
        config json not null,
        primary key (feature_set, feature_version, data_hash)
    );

    create table if not exists {{ meta }}.current_versions (
        feature_set text primary key,
        feature_version integer not null,
        data_hash text not null,
        invocation_id text not null,
        built_at timestamptz not null default now(),
        dataset_hash text
    );

    create table if not exists {{ meta }}.dataset_builds (
        {{ build }},
        dataset_hash text not null,
        labels_hash text not null,
        splits jsonb not null,
        load_ids bigint[] not null,
        loads jsonb not null,
        invocation_id text not null,
        created_at timestamptz not null default now(),
        primary key (feature_set, feature_version, data_hash, dataset_hash)
    );

    create table if not exists {{ meta }}.dataset_splits (
        feature_set text not null,
        feature_version integer not null,
        customer_id text not null,
        feature_time timestamptz not null,
        split text not null check (split in ('train', 'val', 'test'))
    );

    create table if not exists {{ meta }}.dataset_split_summary (
        {{ build }},
        split text not null,
        time_from timestamptz not null,
        time_to timestamptz not null,
        row_count bigint not null,
        entity_count bigint not null,
        membership_hash text not null,
        embargo_days integer not null,
        created_at timestamptz not null default now(),
        label_mean numeric,
        primary key (feature_set, feature_version, data_hash, split, membership_hash)
    );

    create table if not exists {{ meta }}.dataset_label_summary (
        {{ build }},
        labels_hash text not null,
        row_count bigint not null,
        labelled_count bigint not null,
        created_at timestamptz not null default now(),
        primary key (feature_set, feature_version, data_hash, labels_hash)
    );

    create table if not exists {{ meta }}.feature_profiles (
        {{ build }},
        column_name text not null,
        profile jsonb not null,
        created_at timestamptz not null default now(),
        primary key (feature_set, feature_version, data_hash, column_name)
    );

    create table if not exists {{ meta }}.feature_queries (
        feature_set text not null,
        feature_version integer not null,
        planner_settings text not null,
        query text not null,
        primary key (feature_set, feature_version)
    );

    create table if not exists {{ meta }}.model_definitions (
        node_id text primary key,
        relation text not null,
        sql_hash text not null,
        recorded_at timestamptz not null default now(),
        load_ids bigint[],
        made_of text
    );

    create table if not exists {{ meta }}.model_sql (
        sql_hash text primary key,
        sql text not null
    );

    create table if not exists {{ meta }}.validation_results (
        invocation_id text not null,
        check_name text not null,
        column_name text,
        rule text not null,
        severity text not null,
        status text not null,
        failures bigint,
        rows_checked bigint,
        created_at timestamptz not null default now(),
        load_ids bigint[] not null,
        primary key (invocation_id, check_name)
    );

    {# Macros/gate/require_passed_gate.sql reads it. #}
    create table if not exists {{ meta }}.gate_verdicts (
        check_name text not null,
        rule_hash text not null,
        data_key text not null,
        passed boolean not null,
        invocation_id text not null,
        judged_at timestamptz not null default now(),
        primary key (check_name, rule_hash, data_key)
    );

    {# ready/recorded/verdicts.py writes and reads it. #}
    create table if not exists {{ meta }}.leakage_verdicts (
        node_id text not null,
        definition_hash text not null,
        definition jsonb not null,
        verdict text not null,
        reason text not null,
        rows_compared bigint not null,
        checked_at timestamptz not null default now(),
        primary key (node_id, definition_hash)
    );

    {# ready/recorded/proofs.py writes and reads it. #}
    create table if not exists {{ meta }}.reproductions (
        {{ build }},
        dataset_hash text not null,
        verdict text not null,
        differs text not null,
        code text not null,
        reproduced_at timestamptz not null default clock_timestamp(),
        primary key (feature_set, feature_version, data_hash, dataset_hash, reproduced_at)
    );

    {# Lives as long as a run; macros/gate/counted_together.sql writes and reads it. #}
    create unlogged table if not exists {{ meta }}.gate_counts (
        invocation_id text not null,
        check_name text not null,
        failures bigint,
        counted_at timestamptz not null default now(),
        primary key (invocation_id, check_name)
    );

    {# The same; macros/gate/come_again.sql writes and reads it. #}
    create unlogged table if not exists {{ meta }}.gate_order_ids (
        invocation_id text not null,
        order_id text,
        records bigint not null,
        counted_at timestamptz not null default now()
    );

    create table if not exists {{ meta }}.build_state (
        build_key text primary key,
        invocation_id text not null,
        built_at timestamptz not null default now()
    );
    {# Whatever this run does, the tables may no longer be those that the mark was set for. -#}
    delete from {{ meta }}.build_state;
    {{- protect_history() }}
{%- endmacro %}
