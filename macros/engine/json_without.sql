{# A JSON object as json_object gives it without some of its fields: those in `names`, an array in SQL, and those in `others`. #}
{% macro json_without(json, names, others) %}{{ return(adapter.dispatch('json_without')(json, names, others | unique | list)) }}{% endmacro %}

{% macro postgres__json_without(json, names, others) -%}
    ({{ json }} - {{ names }}{% for name in others %} - {{ quote_literal(name) }}{% endfor %})
{%- endmacro %}

{% macro spark__json_without(json, names, others) -%}
    map_filter({{ json }}, (name__, value__) -> not array_contains({{ names }}, name__)
        {%- for name in others %} and name__ <> {{ quote_literal(name) }}{% endfor %})
{%- endmacro %}
