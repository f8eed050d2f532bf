{# See macros/gate/record_validation_results.sql. #}
{% macro spark__record_validation_results(results) -%}
    {%- set rows = gate_results(results) if execute else [] -%}
    {%- if rows -%}
        {%- set checked = run_query('select count(*) from ' ~ relation_of('orders_parsed')).rows[0][0] -%}
        insert into {{ source('meta', 'validation_results') }} (
            invocation_id, check_name, column_name, rule, severity, status, failures, rows_checked, created_at, load_ids
        )
        select checks.*, {{ checked }}, current_timestamp(), {{ active_load_ids() }}
        from (
            values
            {%- for row in rows %}
            ({{ row | join(', ') }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) as checks (invocation_id, check_name, column_name, rule, severity, status, failures)
    {%- endif -%}
{%- endmacro %}
