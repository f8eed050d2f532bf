{# dbt's own macro for the rows of a unit test: it takes the columns of an input from its table, which for a published model is a
   candidate until its first publication. #}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
    {% set candidate = current_candidate(this) if not column_name_to_data_types and not load_relation(this) else none %}
    {{ return(rows_like(candidate, rows) if candidate else dbt.get_fixture_sql(rows, column_name_to_data_types)) }}
{% endmacro %}

{# A select of rows given as mappings, with the columns of a relation; null where a row does not give one. #}
{% macro rows_like(relation, rows) -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do types.update({column.name: column.data_type}) -%}
    {%- endfor -%}
    select
        {%- for name, type in types.items() %}
        cast(null as {{ type }}) as {{ adapter.quote(name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- for row in rows %}
    {%- set values = format_row(row, types) %}
    union all
    select {% for name in types %}{{ values.get(name, 'null') }}{{ ', ' if not loop.last }}{% endfor %}
    {%- endfor %}
{%- endmacro %}
