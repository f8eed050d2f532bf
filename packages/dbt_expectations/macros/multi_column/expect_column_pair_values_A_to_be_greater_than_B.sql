{% test expect_column_pair_values_A_to_be_greater_than_B(
    model, column_A, column_B, or_equal=False, row_condition=None
) %}
{%- do dbt_expectations._check_boolean(
    "expect_column_pair_values_A_to_be_greater_than_B", "or_equal", or_equal
) -%}
{%- set greater = column_A ~ (" >= " if or_equal else " > ") ~ column_B -%}
{{ dbt_expectations._failing_rows(model, greater, row_condition) }}
{% endtest %}
