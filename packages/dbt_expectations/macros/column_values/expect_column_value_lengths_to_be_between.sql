{% test expect_column_value_lengths_to_be_between(
    model, column_name, min_value=None, max_value=None, row_condition=None, strictly=False
) %}
{%- set within = dbt_expectations._between(
    "expect_column_value_lengths_to_be_between", dbt.length(column_name) | trim, min_value, max_value, strictly
) -%}
{{ dbt_expectations._failing_rows(model, within, row_condition) }}
{% endtest %}
