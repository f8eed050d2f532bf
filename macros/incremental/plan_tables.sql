{# The tables of source `plan`, in schema meta: what the model that is being built in part has to build. Not temporary, as a query
   that reads those is not run in parallel. Idempotent. #}
{% macro create_plan_tables() -%}
    create unlogged table if not exists {{ source('plan', 'orders_due') }} (order_id text primary key);
    create unlogged table if not exists {{ source('plan', 'customers_due') }} (
        customer_id text primary key, first_change_ts timestamptz, customer_key integer, totals_before jsonb
    );
    create unlogged table if not exists {{ source('plan', 'times_due') }} (feature_time timestamptz primary key);
    create unlogged table if not exists {{ source('plan', 'rows_due') }} (
        customer_id text, feature_time timestamptz, primary key (customer_id, feature_time)
    );
    create unlogged table if not exists {{ source('plan', 'boundaries_due') }} (
        split text primary key, time_from timestamptz, time_to timestamptz, next_from timestamptz
    );
    {%- for node in (graph.nodes.values() if execute else []) if node.resource_type == 'model' and has_plan_of_its_own(node) %}
    {%- for name in ['orders_due', 'customers_due', 'rows_due'] %}
    {%- set shared = source('plan', name) %}
    create unlogged table if not exists {{ plan_of_model(shared, node) }} (like {{ shared }} including indexes);
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{# Statements that put the rows of a select into a plan table, in place of those of the build before. #}
{% macro plan(name, select) -%}
    {%- set due = plan_relation(name) %}
    delete from {{ due }};
    insert into {{ due }} {{ select }};
    analyze {{ due }};
{%- endmacro %}

{# What a model's SQL asks: whether it is built in full, and of what loads. Declared immutable, so that the planner computes them
   before it plans: within a transaction a setting changes before the statement that it is for, and no plan outlives that. Only
   made where they are missing: replacing them needs their owner, and fails beside another command that does. #}
{% macro create_plan_functions() -%}
    do $plan_functions$
    begin
        if to_regprocedure({{ quote_literal(plan_function('builds_in_full')) }}) is null then
            create function {{ plan_function('builds_in_full') }} returns boolean
            language sql immutable parallel safe set search_path = pg_catalog, pg_temp
            as $$ select current_setting('ready.builds', true) is distinct from 'in part' $$;
        end if;
        if to_regprocedure({{ quote_literal(plan_function('loads_due')) }}) is null then
            create function {{ plan_function('loads_due') }} returns bigint[]
            language sql immutable parallel safe set search_path = pg_catalog, pg_temp
            as $$ select cast(nullif(current_setting('ready.loads_due', true), '') as bigint[]) $$;
        end if;
    end
    $plan_functions$
{%- endmacro %}
