{% test expect_column_values_to_be_unique(model, column_name, row_condition=None) %}
{{ config(fail_calc=dbt_expectations._duplicated_keys()) }}
{%- set conditions = [column_name ~ " is not null"] -%}
{%- if row_condition %}{% do conditions.insert(0, "(" ~ row_condition ~ ")") %}{% endif -%}
{{ dbt_expectations._surplus_rows(model, [column_name], conditions) }}
{% endtest %}
