{# Whether a text matches a regular expression (the subset that all engines share). #}
{% macro matches(text, pattern) %}{{ return(adapter.dispatch('matches')(text, pattern)) }}{% endmacro %}
{% macro postgres__matches(text, pattern) %}{{ text }} ~ {{ quote_literal(pattern) }}{% endmacro %}

{# Java's $ also matches before a line end, and its dot no line end. #}
{% macro spark__matches(text, pattern) %}{{ text }} rlike {{ quote_literal(java_pattern(pattern)) }}{% endmacro %}

{% macro java_pattern(pattern) -%}
    {%- set closed = pattern[:-1] ~ '\\z' if pattern[-1:] == '$' and pattern[-2:] != '\\$' else pattern -%}
    {{ return('(?s)' ~ closed) }}
{%- endmacro %}
