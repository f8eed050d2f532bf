{# A text as SQL literal. The published package pastes values as they are, so that its users double the quotes
   themselves: O'Brien and O''Brien both mean O'Brien here. #}
{% macro _text_literal(value) %}
    {%- do return("'" ~ (value | string | replace("''", "'") | replace("'", "''")) ~ "'") -%}
{% endmacro %}
