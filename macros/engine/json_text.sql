{# The text of one field of a JSON object, null where the field is missing. #}
{% macro json_text(json, field) %}{{ return(adapter.dispatch('json_text')(json, field)) }}{% endmacro %}
{% macro postgres__json_text(json, field) %}({{ json }} ->> {{ quote_literal(field) }}){% endmacro %}
{% macro spark__json_text(json, field) %}try_element_at({{ json }}, {{ quote_literal(field) }}){% endmacro %}

{# A column of JSON objects in the form that json_text reads, under its own name: Spark reads each object once. #}
{% macro json_object(relation, column) %}{{ return(adapter.dispatch('json_object')(relation, column)) }}{% endmacro %}
{% macro postgres__json_object(relation, column) %}{{ relation }}.{{ column }}{% endmacro %}

{% macro spark__json_object(relation, column) -%}
    from_json({{ relation }}.{{ column }}, 'map<string, string>') as {{ column }}
{%- endmacro %}
