{# The tables of source `plan`, in schema meta: what the model that is being built in part has to build. Not temporary, as a query
   that reads those is not run in parallel. Idempotent; only the columns of totals_before change, with features.yaml. #}
{% macro create_plan_tables() -%}
    {%- set totals = plan_tables().totals_before | map('first') | list -%}
    {%- if adapter.get_columns_in_relation(plan_table('totals_before')) | map(attribute='name') | list != totals %}
    drop table if exists {{ plan_table('totals_before') }};
    {%- endif %}
    {%- for name, columns in plan_tables().items() %}
    create unlogged table if not exists {{ plan_table(name) }} (
        {%- for column, type in columns %}
        {{ column }} {{ type }},
        {%- endfor %}
        primary key ({{ 'customer_id, feature_time' if name == 'rows_due' else columns[0][0] }})
    );
    {%- endfor %}
{%- endmacro %}

{# Name -> a list of (column, type). #}
{% macro plan_tables() %}
    {% set totals = [('customer_key', 'integer')] %}
    {% for name, total in totals_to_date() %}
        {% do totals.append((name, 'bigint' if total.startswith('count') else 'timestamptz' if 'order_ts' in total else 'numeric')) %}
    {% endfor %}
    {% set customer, time = ('customer_id', 'text'), 'timestamptz' %}
    {% do return({
        'orders_due': [('order_id', 'text')],
        'customers_due': [customer, ('first_change_ts', time), ('customer_key', 'integer')],
        'totals_before': totals,
        'times_due': [('feature_time', time)],
        'rows_due': [customer, ('feature_time', time)],
        'boundaries_due': [('split', 'text'), ('time_from', time), ('time_to', time), ('next_from', time)],
    }) %}
{% endmacro %}

{% macro plan_table(name) -%}
    {{ return(api.Relation.create(database=target.database, schema=generate_schema_name('meta', none) | trim, identifier=name)) }}
{%- endmacro %}

{# Statements that put the rows of a select into a plan table, in place of those of the build before. #}
{% macro plan(name, columns, select) -%}
    delete from {{ plan_table(name) }};
    insert into {{ plan_table(name) }} ({{ columns | join(', ') }})
    {{ select }};
    analyze {{ plan_table(name) }};
{%- endmacro %}

{# What a model's SQL asks: whether it is built in full, and of what loads. Declared immutable, so that the planner computes them
   before it plans: within a transaction a setting changes before the statement that it is for, and no plan outlives that. #}
{% macro create_plan_functions() -%}
    do $create$
    begin
        if to_regprocedure({{ quote_literal(plan_function('loads_due')) }}) is null then
            create function {{ plan_function('builds_in_full') }} returns boolean language sql immutable parallel safe
            as $$ select current_setting('ready.builds', true) is distinct from 'in part' $$;
            create function {{ plan_function('loads_due') }} returns bigint[] language sql immutable parallel safe
            as $$ select cast(nullif(current_setting('ready.loads_due', true), '') as bigint[]) $$;
        end if;
    end
    $create$
{%- endmacro %}
