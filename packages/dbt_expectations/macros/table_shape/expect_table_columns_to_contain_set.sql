{% test expect_table_columns_to_contain_set(model, column_list, transform="upper") %}
{%- set test = "expect_table_columns_to_contain_set" -%}
{%- do dbt_expectations._check_list(test, "column_list", column_list, "columns") -%}
{%- set expected = dbt_expectations._comparable_names(test, column_list, transform) -%}
{%- if execute -%}
    {%- set names = dbt_expectations._relation_columns(test, model) | map(attribute="name") | list -%}
    {%- set actual = dbt_expectations._comparable_names(test, names, transform) -%}
    {%- for name in expected if name not in actual %}
select {{ dbt_expectations._text_literal(name) }} as missing_column
        {%- if not loop.last %} union all{% endif %}
    {%- else %}
select null as missing_column where 1 = 0
    {%- endfor %}
{%- endif -%}
{% endtest %}
