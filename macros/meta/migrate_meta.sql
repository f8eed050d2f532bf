{# on-run-start, before create_meta_tables: brings the tables of an earlier release up to date, in one transaction, and
   refuses those of a newer one and of before release 0.1.0. To change a table that may hold data already: raise meta_version,
   and add statements that change it here; several dbt may run them at once, so they must do no harm the second time. A new
   table needs no more than create_meta_tables. The history is ready_owner's where `ready db grant` was run: a step that changes it needs
   a function in ready/postgres/grant.sql, as hand_over_history is one. #}
{% macro migrate_meta() %}{{ return(adapter.dispatch('migrate_meta')()) }}{% endmacro %}

{% macro meta_version() %}{% do return(5) %}{% endmacro %}

{# That of release 0.1.0. #}
{% macro first_meta_version() %}{% do return(3) %}{% endmacro %}

{% macro postgres__migrate_meta() -%}
    {%- if execute -%}
        {%- set meta = meta_schema() -%}
        {%- set recorded = recorded_meta_version(meta) -%}
        {%- if recorded is none -%}
            {{ bring_up_meta(meta, first_meta_version()) }}
        {%- elif recorded < first_meta_version() -%}
            {%- do exceptions.raise_database_error(
                'schema ' ~ meta ~ ' was made before release 0.1.0, and this release cannot read it. Load the CSV files into '
                ~ 'another database; nothing was changed.'
            ) -%}
        {%- elif recorded > meta_version() -%}
            {%- do exceptions.raise_database_error(
                'schema ' ~ meta ~ ' has version ' ~ recorded ~ ', and this release knows versions up to ' ~ meta_version()
                ~ ': a newer release has migrated it. Use that release or a newer one; nothing was changed.'
            ) -%}
        {%- elif recorded < meta_version() -%}
            {{ bring_up_meta(meta, recorded) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# None where there is nothing yet, 0 before versions were recorded. #}
{% macro recorded_meta_version(meta) %}
    {% set found = run_query(
        "select to_regclass('" ~ meta ~ ".schema_version') is not null, to_regclass('" ~ meta ~ ".feature_registry') is not null"
    ).rows[0] %}
    {% if not found[0] %}
        {% do return(0 if found[1] else none) %}
    {% endif %}
    {% do return(run_query('select coalesce(max(version), 0) from ' ~ meta ~ '.schema_version').rows[0][0] | int) %}
{% endmacro %}

{# `recorded`: the version to begin with; the statements of each later one go in here. #}
{% macro bring_up_meta(meta, recorded) -%}
    begin;
    do $migrate$ begin
        create schema if not exists {{ meta }};
        create table if not exists {{ meta }}.schema_version (
            version integer primary key,
            migrated_at timestamptz not null default now()
        );
    exception when duplicate_schema or duplicate_table or duplicate_object or unique_violation then
        null;  -- another dbt has made them at the same moment
    end $migrate$;
    lock table {{ meta }}.schema_version in exclusive mode;
    {%- if recorded < 4 %}
    alter table if exists {{ meta }}.table_states add column if not exists made_of text;
    alter table if exists {{ meta }}.order_changes add column if not exists source text not null default 'orders';
    {%- endif %}
    {%- if recorded < 5 %}
    alter table if exists {{ meta }}.model_definitions add column if not exists made_of text;
    {%- endif %}
    insert into {{ meta }}.schema_version (version) values ({{ meta_version() }}) on conflict do nothing;
    commit
{%- endmacro %}
