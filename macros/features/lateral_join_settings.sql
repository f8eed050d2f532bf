{# Planner settings for the point-in-time joins: one index-only range scan a row, nothing remembered or hashed. #}
{% macro lateral_join_settings() %}{{ return(adapter.dispatch('lateral_join_settings')()) }}{% endmacro %}

{% macro postgres__lateral_join_settings() -%}
    set local enable_memoize = off;
    set local enable_bitmapscan = off;
    set local jit = off
{%- endmacro %}

{% macro default__lateral_join_settings() %}{% endmacro %}

{# The same as clauses of a function, which has them for each of its calls. #}
{% macro lateral_join_clauses() -%}
    {{ lateral_join_settings() | replace('set local', 'set') | replace(';', '') }}
{%- endmacro %}
