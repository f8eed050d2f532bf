{# Planner settings for a window over all rows: it runs in one process, but what it reads can be scanned and sorted in parallel. #}
{% macro parallel_sort_settings() -%}
    {{ return(adapter.dispatch('parallel_sort_settings')()) }}
{%- endmacro %}

{% macro postgres__parallel_sort_settings() -%}
    set local parallel_tuple_cost = 0.001
{%- endmacro %}

{% macro default__parallel_sort_settings() -%}
{%- endmacro %}
