{# Distinct values over values, nulls left out; a column (or group) without values counts as 1. #}
{% test expect_column_proportion_of_unique_values_to_be_between(
    model, column_name, min_value=None, max_value=None, group_by=None, row_condition=None, strictly=False
) %}
{%- set proportion -%}
case
        when count({{ column_name }}) = 0 then 1
        else cast(count(distinct {{ column_name }}) as {{ dbt.type_float() }}) / count({{ column_name }})
    end
{%- endset -%}
{{ dbt_expectations._failing_groups(
    "expect_column_proportion_of_unique_values_to_be_between", model, proportion,
    min_value, max_value, group_by, row_condition, strictly
) }}
{% endtest %}
