{# Whether a text matches a regular expression (the subset that all engines share). #}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches')(text, pattern)) }}
{%- endmacro %}

{% macro postgres__matches(text, pattern) -%}
    {{ text }} ~ {{ quote_literal(pattern) }}
{%- endmacro %}
