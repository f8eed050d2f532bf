{% test expect_column_to_exist(model, column_name, column_index=None, transform="upper") %}
{%- set test = "expect_column_to_exist" -%}
{%- if column_index is not none %}{% do dbt_expectations._check_count(test, "column_index", column_index) %}{% endif -%}
{%- set name = dbt_expectations._comparable_names(test, [column_name], transform)[0] -%}
{%- if execute -%}
    {%- set names = dbt_expectations._relation_columns(test, model) | map(attribute="name") | list -%}
    {%- set names = dbt_expectations._comparable_names(test, names, transform) -%}
    {%- set position = names.index(name) + 1 if name in names else 0 -%}
select
    {{ dbt_expectations._text_literal(name) }} as column_name,
    {{ column_index or "null" }} as expected_position,
    {{ position or "null" }} as actual_position
    {%- if position and position == (column_index or position) %}
where 1 = 0
    {%- endif %}
{%- endif -%}
{% endtest %}
