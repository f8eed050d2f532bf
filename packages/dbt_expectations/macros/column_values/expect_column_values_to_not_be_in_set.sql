{% test expect_column_values_to_not_be_in_set(
    model, column_name, value_set, quote_values=True, row_condition=None
) %}
{%- set in_set = dbt_expectations._set_membership(
    "expect_column_values_to_not_be_in_set", column_name, value_set, quote_values
) -%}
{{ dbt_expectations._failing_rows(model, "not (" ~ in_set ~ ")", row_condition) }}
{% endtest %}
