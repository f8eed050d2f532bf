{# The SQL condition that an expression lies within its bounds; null where the expression is null. #}
{% macro _between(test, expression, min_value, max_value, strictly) %}
    {%- do dbt_expectations._check_bounds(test, min_value, max_value, strictly) -%}
    {%- set or_equal = "" if strictly else "=" -%}
    {%- set conditions = [] -%}
    {%- for sign, bound in [(">", min_value), ("<", max_value)] if bound is not none -%}
        {%- do conditions.append(expression ~ " " ~ sign ~ or_equal ~ " " ~ bound) -%}
    {%- endfor -%}
    {%- do return(conditions | join(" and ")) -%}
{% endmacro %}
