{# Whether a JSON array of texts holds a given text. #}
{% macro json_array_contains(json, text) %}{{ return(adapter.dispatch('json_array_contains')(json, text)) }}{% endmacro %}
{% macro postgres__json_array_contains(json, text) %}jsonb_exists({{ json }}, {{ quote_literal(text) }}){% endmacro %}

{% macro spark__json_array_contains(json, text) -%}
    array_contains(from_json({{ json }}, 'array<string>'), {{ quote_literal(text) }})
{%- endmacro %}
