{# on-run-start, before create_meta_tables: brings the tables of an earlier release up to date, in one transaction, and
   refuses those of a newer one. To change a table that may hold data already: raise meta_version, and add statements
   that change it here; several dbt may run them at once, so they must do no harm the second time. A new table needs no
   more than create_meta_tables. The history is ready_owner's where `ready db grant` was run: a step that changes it needs
   a function in ready/postgres/grant.sql, as hand_over_history is one. #}
{% macro migrate_meta() -%}
    {{ return(adapter.dispatch('migrate_meta')()) }}
{%- endmacro %}

{% macro meta_version() %}
    {% do return(3) %}
{% endmacro %}

{% macro postgres__migrate_meta() -%}
    {%- if execute -%}
        {%- set meta = generate_schema_name('meta', none) | trim -%}
        {%- set held = held_meta_version(meta) -%}
        {%- if held > meta_version() -%}
            {%- do exceptions.raise_database_error(
                'schema ' ~ meta ~ ' has version ' ~ held ~ ', and this release knows versions up to ' ~ meta_version()
                ~ ': a newer release has migrated it. Use that release or a newer one; nothing was changed.'
            ) -%}
        {%- elif held < meta_version() -%}
            {{ bring_up_meta(meta, held) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# 0 before versions were carried, and where there is nothing yet. #}
{% macro held_meta_version(meta) %}
    {% set carried = run_query("select to_regclass('" ~ meta ~ ".schema_version') is not null").rows[0][0] %}
    {% if not carried %}
        {% do return(0) %}
    {% endif %}
    {% do return(run_query('select coalesce(max(version), 0) from ' ~ meta ~ '.schema_version').rows[0][0] | int) %}
{% endmacro %}

{% macro bring_up_meta(meta, held) -%}
    begin;
    select pg_advisory_xact_lock(7239403);
    create schema if not exists {{ meta }};
    create table if not exists {{ meta }}.schema_version (
        version integer primary key,
        migrated_at timestamptz not null default now()
    );
    {%- if held < 1 %}
    alter table if exists {{ meta }}.feature_registry alter column config type json using cast(config as json);
    alter table if exists {{ meta }}.dataset_split_summary add column if not exists label_mean numeric;
    {%- endif %}
    {%- if held < 2 %}
    alter table if exists {{ meta }}.order_changes add column if not exists order_id text;
    {%- endif %}
    {%- if held < 3 %}
    alter table if exists {{ meta }}.table_states add column if not exists loads text[];
    alter table if exists {{ meta }}.model_definitions add column if not exists load_ids bigint[];
    alter table if exists {{ meta }}.current_versions add column if not exists dataset_hash text;
    {%- endif %}
    insert into {{ meta }}.schema_version (version) values ({{ meta_version() }}) on conflict do nothing;
    commit
{%- endmacro %}
