{# The text of a field of a JSON object as it is stored; `field` is SQL. Where the name is known, json_text is quicker. #}
{% macro json_field(json, field) %}{{ return(adapter.dispatch('json_field')(json, field)) }}{% endmacro %}
{% macro postgres__json_field(json, field) %}({{ json }} ->> {{ field }}){% endmacro %}

{% macro spark__json_field(json, field) -%}
    try_element_at(from_json({{ json }}, 'map<string, string>'), {{ field }})
{%- endmacro %}

{# The texts of a JSON array, a row each. #}
{% macro json_elements(json) %}{{ return(adapter.dispatch('json_elements')(json)) }}{% endmacro %}
{% macro postgres__json_elements(json) %}jsonb_array_elements_text({{ json }}){% endmacro %}
{% macro spark__json_elements(json) %}explode(from_json({{ json }}, 'array<string>')){% endmacro %}
