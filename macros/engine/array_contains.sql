{# A condition: an array holds this value. #}
{% macro array_contains(array, value) %}{{ return(adapter.dispatch('array_contains')(array, value)) }}{% endmacro %}
{% macro postgres__array_contains(array, value) %}{{ value }} = any({{ array }}){% endmacro %}
{% macro spark__array_contains(array, value) %}array_contains({{ array }}, {{ value }}){% endmacro %}
