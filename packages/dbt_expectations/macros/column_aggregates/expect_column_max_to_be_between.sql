{% test expect_column_max_to_be_between(
    model, column_name, min_value=None, max_value=None, group_by=None, row_condition=None, strictly=False
) %}
{{ dbt_expectations._failing_groups(
    "expect_column_max_to_be_between", model, "max(" ~ column_name ~ ")",
    min_value, max_value, group_by, row_condition, strictly
) }}
{% endtest %}
