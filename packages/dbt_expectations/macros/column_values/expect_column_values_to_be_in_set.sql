{# As in the published package a null is in no set, and so fails. #}
{% test expect_column_values_to_be_in_set(
    model, column_name, value_set, quote_values=True, row_condition=None
) %}
{%- set in_set = dbt_expectations._set_membership(
    "expect_column_values_to_be_in_set", column_name, value_set, quote_values
) -%}
{{ dbt_expectations._failing_rows(model, "coalesce(" ~ in_set ~ ", false)", row_condition) }}
{% endtest %}
