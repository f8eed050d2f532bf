{# A decimal without the zeros at its end, for where it becomes a text that is compared. #}
{% macro without_trailing_zeros(number) %}{{ return(adapter.dispatch('without_trailing_zeros')(number)) }}{% endmacro %}
{% macro postgres__without_trailing_zeros(number) %}trim_scale({{ number }}){% endmacro %}

{# All decimals of a column have as many places here. #}
{% macro spark__without_trailing_zeros(number) %}{{ number }}{% endmacro %}
