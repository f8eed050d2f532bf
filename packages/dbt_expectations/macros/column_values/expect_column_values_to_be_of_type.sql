{# The type is the catalog's word in any case, so `timestamp with time zone` and not `timestamptz`. #}
{% test expect_column_values_to_be_of_type(model, column_name, column_type) %}
{%- set test = "expect_column_values_to_be_of_type" -%}
{%- do dbt_expectations._check_text(test, "column_type", column_type) -%}
{%- if execute -%}
    {%- set types = {} -%}
    {%- for column in dbt_expectations._relation_columns(test, model) -%}
        {%- do types.update({column.name | upper: column.dtype}) -%}
    {%- endfor -%}
    {%- set name = column_name | replace('"', "") | upper -%}
    {%- if types and name not in types -%}
        {%- do dbt_expectations._invalid(test, "column_name", "a column of " ~ model, column_name) -%}
    {%- endif -%}
select
    {{ dbt_expectations._text_literal(name) }} as column_name,
    {{ dbt_expectations._text_literal(types.get(name)) }} as actual_type
    {%- if types.get(name) | upper == column_type | upper %}
where 1 = 0
    {%- endif %}
{%- endif -%}
{% endtest %}
