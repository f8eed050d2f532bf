{# A group that is null, or is in one table only, equals no group of the other. #}
{% test expect_table_row_count_to_equal_other_table(
    model, compare_model, group_by=None, compare_group_by=None, factor=1,
    row_condition=None, compare_row_condition=None
) %}
{%- set test = "expect_table_row_count_to_equal_other_table" -%}
{%- if factor is not number or factor is boolean or factor <= 0 -%}
    {%- do dbt_expectations._invalid(test, "factor", "a number above 0", factor) -%}
{%- endif -%}
{%- if compare_group_by and compare_group_by | length != (group_by or []) | length -%}
    {%- do dbt_expectations._invalid(test, "compare_group_by", "as long a list as group_by", compare_group_by) -%}
{%- endif -%}
with actual_counts as (
    {{ dbt_expectations._select_aggregate(test, model, "count(*)", "row_count", group_by, row_condition) | indent }}
),

expected_counts as (
    {{ dbt_expectations._select_aggregate(
        test, compare_model, "count(*) * " ~ factor, "expected_row_count",
        compare_group_by or group_by, compare_row_condition or row_condition
    ) | indent }}
)

select
    {% for column in group_by or [] -%}
    coalesce(actual_counts.col_{{ loop.index }}, expected_counts.col_{{ loop.index }}) as col_{{ loop.index }},
    {% endfor -%}
    actual_counts.row_count,
    expected_counts.expected_row_count
from actual_counts
{% for column in group_by or [] -%}
{{ "full outer join expected_counts on" if loop.first else "    and" }}
    actual_counts.col_{{ loop.index }} = expected_counts.col_{{ loop.index }}
{% else -%}
cross join expected_counts
{% endfor -%}
where coalesce(actual_counts.row_count, 0) <> coalesce(expected_counts.expected_row_count, 0)
{% endtest %}
