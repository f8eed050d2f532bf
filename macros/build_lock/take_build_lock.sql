{# on-run-start, before anything is changed: one build at a time works on these schemas, and what it changes goes by
   require_build. `ready` holds the lock for as long as it is at work (ready/database/locks.py). dbt alone closes each of its
   connections, so a row says that it is at work, and its sessions that it still lives. #}
{% macro take_build_lock() %}{{ return(adapter.dispatch('take_build_lock')()) }}{% endmacro %}
{% macro default__take_build_lock() %}{% endmacro %}

{% macro postgres__take_build_lock() -%}
    {%- if execute and flags.WHICH != 'freshness' -%}
        {%- set alone = env_var('READY_BUILD_LOCK', '') != 'held' -%}
        {%- do run_query(create_build_lock()) -%}
        {%- if alone -%}
            {%- do begin_after_other_builds() -%}
            {%- do refresh_relations() -%}
        {%- else -%}
            {%- do run_query(begin_build(false)) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# The lock is a table without rows, and its mode one that only who may change the table can take: no reader can keep a
   build waiting. Several may create these at once. #}
{% macro create_build_lock() -%}
    {%- set meta = meta_schema() -%}
    do $create$
    begin
        if to_regclass('{{ meta }}.dbt_at_work') is not null then
            return;
        end if;
        create schema if not exists {{ meta }};
        create table if not exists {{ meta }}.build_lock (holder text);
        create table if not exists {{ meta }}.build_at_work (
            invocation_id text not null,
            login oid,
            since timestamptz not null default now()
        );
        create view {{ meta }}.dbt_at_work as
        select since, exists (
            select from pg_stat_activity
            where usesysid = login and application_name = 'dbt raw_to_ready' and datname = current_database()
                and pid <> pg_backend_pid()
        ) as is_alive
        from {{ meta }}.build_at_work
        where login is not null;
    exception when duplicate_schema or duplicate_table or duplicate_object or unique_violation then
        null;
    end
    $create$
{%- endmacro %}

{# In short statements, since Ctrl-C does not interrupt a wait inside the server. A dbt without a session may be between two
   nodes: it is taken for dead when none was seen for three seconds. #}
{% macro begin_after_other_builds() %}
    {% set reported, unseen = [], [] %}
    {% do run_query("set application_name = 'dbt that waits'") %}
    {% for _ in range(100000) %}
        {% set others = run_query(others_at_work()).rows %}
        {% if others and others[0][2] %}
            {% if not reported %}
                {% do reported.append(log('Wait: another run (' ~ others[0][0] ~ ', since ' ~ others[0][1] ~ ' UTC) is at work on this database', info=true)) %}
            {% endif %}
            {% do unseen.clear() %}
        {% elif others and unseen | length < 10 %}
            {% do unseen.append(true) %}
        {% elif has_begun() %}
            {% do return(none) %}
        {% endif %}
        {% do run_query('select pg_sleep(0.3)') %}
    {% endfor %}
{% endmacro %}

{# Whether this is the build at work now: another may have been faster. #}
{% macro has_begun() %}
    {% do run_query("set application_name = 'dbt raw_to_ready'") %}
    {% do run_query(begin_build(true)) %}
    {% do return(run_query(
        "select exists (select from " ~ meta_schema() ~ ".build_at_work where invocation_id = '" ~ invocation_id ~ "')"
    ).rows[0][0]) %}
{% endmacro %}

{% macro others_at_work() -%}
    {%- set meta = meta_schema() -%}
    select name, to_char(since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), is_alive
    from (
        select activity.application_name as name, activity.backend_start as since, true as is_alive
        from pg_locks
        join pg_stat_activity as activity using (pid)
        where relation = '{{ meta }}.build_lock'::regclass and granted and pid <> pg_backend_pid()
        union all
        select 'dbt', since, is_alive from {{ meta }}.dbt_at_work
    ) as others
    order by is_alive desc
{%- endmacro %}

{# From here on this is the build at work, and no other: one that was taken for dead waits here for the models that the
   other is just writing, and it changes nothing after them. `alone`: no `ready` holds the lock for it. #}
{% macro begin_build(alone) -%}
    {%- set meta = meta_schema() -%}
    do $begin$
    begin
        {%- if alone %}
        lock table {{ meta }}.build_lock in share update exclusive mode;
        if exists (select from {{ meta }}.dbt_at_work where is_alive) then
            return;
        end if;
        {%- endif %}
        delete from {{ meta }}.build_at_work;
        insert into {{ meta }}.build_at_work (invocation_id, login)
        values ('{{ invocation_id }}', {{ "(select oid from pg_roles where rolname = session_user)" if alone else 'null' }});
    end
    $begin$
{%- endmacro %}

{# dbt has looked up what there is before it waited. What it forgets it forgets with all that reads it, in any schema. #}
{% macro refresh_relations() %}
    {% set schemas = {} %}
    {% for node in graph.nodes.values() if node.resource_type in ['model', 'seed', 'snapshot'] and node.database == target.database %}
        {% set relation = node_relation(node) %}
        {% for known in [relation, candidate_relation(relation)] + change_tables(relation) %}
            {% do adapter.cache_dropped(known) %}
        {% endfor %}
        {% do schemas.update({node.schema: quote_literal(node.schema)}) %}
    {% endfor %}
    {% for row in run_query(tables_and_views(schemas.values() | list)).rows if schemas %}
        {% do adapter.cache_added(api.Relation.create(database=target.database, schema=row[0], identifier=row[1], type=row[2])) %}
    {% endfor %}
{% endmacro %}

{% macro tables_and_views(schemas) -%}
    select nspname, relname, case relkind when 'v' then 'view' when 'm' then 'materialized_view' else 'table' end
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'p', 'v', 'm') and nspname in ({{ schemas | join(', ') }})
{%- endmacro %}
