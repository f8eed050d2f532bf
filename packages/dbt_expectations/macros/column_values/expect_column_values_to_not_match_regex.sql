{% test expect_column_values_to_not_match_regex(
    model, column_name, regex, row_condition=None, is_raw=False, flags=""
) %}
{%- set matches = dbt_expectations._regex_matches(
    "expect_column_values_to_not_match_regex", column_name, regex, is_raw, flags
) -%}
{{ dbt_expectations._failing_rows(model, "not " ~ matches, row_condition) }}
{% endtest %}
