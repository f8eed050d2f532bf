{# See macros/gate/record_validation_results.sql. #}
{% macro spark__record_validation_results(results) -%}
    {%- set rows = [] -%}
    {%- for of_source in (['orders'] + further_sources() if execute else []) -%}
        {%- set found = gate_results(results, of_source) -%}
        {%- set checked = run_query('select count(*) from ' ~ relation_of(of_source ~ '_parsed')).rows[0][0] if found else 0 -%}
        {%- for row in found -%}
            {%- do rows.append(row + [checked, quote_literal(of_source)]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if rows -%}
        insert into {{ source('meta', 'validation_results') }} (
            invocation_id, check_name, column_name, rule, severity, status, failures, rows_checked, created_at, load_ids
        )
        select
            checks.* except (of_source),
            current_timestamp(),
            case of_source
                {%- for of_source in ['orders'] + further_sources() %}
                when {{ quote_literal(of_source) }} then {{ active_load_ids_of(of_source) }}
                {%- endfor %}
            end
        from (
            values
            {%- for row in rows %}
            ({{ row | join(', ') }}){{ ',' if not loop.last }}
            {%- endfor %}
        ) as checks (invocation_id, check_name, column_name, rule, severity, status, failures, rows_checked, of_source)
    {%- endif -%}
{%- endmacro %}
