{# The text of one field of a JSON object, null where the field is missing. #}
{% macro json_text(json, field) -%}
    {{ return(adapter.dispatch('json_text')(json, field)) }}
{%- endmacro %}

{% macro postgres__json_text(json, field) -%}
    ({{ json }} ->> {{ quote_literal(field) }})
{%- endmacro %}
