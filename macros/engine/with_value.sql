{# SQL in which `name` is a value that is computed once, however often `body` uses it. #}
{% macro with_value(name, expression, body) %}{{ return(adapter.dispatch('with_value')(name, expression, body)) }}{% endmacro %}

{# Without the limit the planner puts the expression wherever its name is. #}
{% macro postgres__with_value(name, expression, body) -%}
    (select {{ body }} from (select {{ expression }} as {{ name }} limit 1) as with_value)
{%- endmacro %}

{% macro spark__with_value(name, expression, body) -%}
    transform(array({{ expression }}), {{ name }} -> {{ body }})[0]
{%- endmacro %}
