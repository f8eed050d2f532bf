{# Statements that build a table by a model's SQL, on several cores where it says is_in_this_part. PostgreSQL runs no correlated
   lateral join in parallel, but the branches of a union all: each calls the SQL, as a function, for a range of customers. #}
{% macro create_table_in_parts(relation, sql) %}{{ return(adapter.dispatch('create_table_in_parts')(relation, sql)) }}{% endmacro %}

{% macro default__create_table_in_parts(relation, sql) -%}
    {{ get_create_table_as_sql(False, relation, sql) }}
{%- endmacro %}

{% macro postgres__create_table_in_parts(relation, sql) -%}
    {%- set parts = parts_of_customers() if every_part() in sql else [] -%}
    {%- if parts | length < 2 -%}
    {{ default__create_table_in_parts(relation, sql) }}
    {%- else -%}
    {%- set rows_of_part = beside(relation, 'rows_of_part') -%}
    create table {{ beside(relation, 'row_type') }} as {{ sql }} with no data;
    create function {{ rows_of_part }}(int4range) returns setof {{ beside(relation, 'row_type') }}
    language sql stable parallel safe cost 1e8
    {{ lateral_join_clauses() }}
    as {{ quote_literal(sql | replace(every_part(), '$1')) }};
    set local parallel_setup_cost = 0;
    set local parallel_tuple_cost = 0;
    {%- set rows -%}
        {%- for part in parts %}
        select * from {{ rows_of_part }}('{{ part }}')
        {{- ' union all' if not loop.last }}
        {%- endfor %}
    {%- endset %}
    {{ default__create_table_in_parts(relation, rows) }}
    {%- endif -%}
{%- endmacro %}

{# What create_table_in_parts leaves of such an SQL; a statement apart, so that dbt says how many rows the table has. #}
{% macro drop_parts(relation, sql) %}
    {% if every_part() in sql %}
        {% do run_query('drop table if exists ' ~ beside(relation, 'row_type') ~ ' cascade') %}
    {% endif %}
{% endmacro %}

{# Holds for the customers of which rows are asked for: for all, but where create_table_in_parts asks for a part of them. #}
{% macro is_in_this_part(customer_key) %}{{ return(adapter.dispatch('is_in_this_part')(customer_key)) }}{% endmacro %}
{% macro postgres__is_in_this_part(customer_key) %}{{ customer_key }} <@ {{ every_part() }}{% endmacro %}
{% macro default__is_in_this_part(customer_key) %}true{% endmacro %}

{% macro every_part() %}{{ return("cast('(,)' as int4range)") }}{% endmacro %}

{# Ranges of customer_key that have all customers: two for each process, so that none is idle for long while another is at its
   last, and at least eight. Few customers are one range, and so are all where the server runs nothing in parallel. #}
{% macro parts_of_customers() %}
    {% set found = run_query(
        "select coalesce(max(customer_key), 0), cast(current_setting('max_parallel_workers_per_gather') as integer) from " ~ ref('customer_purchases')
    ).rows[0] %}
    {% set keys, workers = found[0] + 1, found[1] %}
    {% set count = [keys // 1000 + 1, [8, 2 * workers + 2] | max] | min if workers else 1 %}
    {% set parts = [] %}
    {% for number in range(count) %}
        {% do parts.append('[' ~ keys * number // count ~ ',' ~ keys * (number + 1) // count ~ ')') %}
    {% endfor %}
    {% do return(parts) %}
{% endmacro %}
