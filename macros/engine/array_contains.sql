{# A condition: an array of numbers holds this one. #}
{% macro array_contains(array, number) -%}
    {{ return(adapter.dispatch('array_contains')(array, number)) }}
{%- endmacro %}

{% macro postgres__array_contains(array, number) -%}
    {{ number }} = any({{ array }})
{%- endmacro %}

{% macro spark__array_contains(array, number) -%}
    array_contains({{ array }}, {{ number }})
{%- endmacro %}
