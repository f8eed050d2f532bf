{# One row per group whose aggregate lies outside its bounds, with the value observed; without group_by the whole
   table is the one group, also when it is empty. An aggregate that is null is no failure. #}
{% macro _failing_groups(test, model, aggregate, min_value, max_value, group_by, row_condition, strictly) %}
{%- set expectation = dbt_expectations._between(test, aggregate, min_value, max_value, strictly) -%}
{{ dbt_expectations._select_aggregate(test, model, aggregate, "observed_value", group_by, row_condition) }}
having not ({{ expectation }})
{% endmacro %}

{# The aggregate per group: columns col_1, col_2, … for the groups, then the value. #}
{% macro _select_aggregate(test, model, aggregate, name, group_by, row_condition) %}
{%- if group_by is not none %}{% do dbt_expectations._check_list(test, "group_by", group_by, "columns") %}{% endif -%}
select
    {% for column in group_by or [] -%}
    {{ column }} as col_{{ loop.index }},
    {% endfor -%}
    {{ aggregate }} as {{ name }}
from {{ model }}
{%- if row_condition %}
where {{ row_condition }}
{%- endif %}
{%- if group_by %}
group by {{ range(1, group_by | length + 1) | join(", ") }}
{%- endif %}
{% endmacro %}
