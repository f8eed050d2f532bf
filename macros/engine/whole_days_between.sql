{# Whole days of 24 hours from one instant to a later one, rounded down. #}
{% macro whole_days_between(earlier, later) %}{{ return(adapter.dispatch('whole_days_between')(earlier, later)) }}{% endmacro %}

{% macro postgres__whole_days_between(earlier, later) -%}
    cast(floor(extract(epoch from ({{ later }} - {{ earlier }})) / 86400) as integer)
{%- endmacro %}

{# `div` rounds towards zero; without the remainder there is nothing to round. #}
{% macro spark__whole_days_between(earlier, later) -%}
    {%- set micros = '(unix_micros(' ~ later ~ ') - unix_micros(' ~ earlier ~ '))' -%}
    cast(({{ micros }} - pmod({{ micros }}, 86400000000)) div 86400000000 as int)
{%- endmacro %}
