{# One text of several values, equal where all of them are; a null is equal to a null. #}
{% macro row_text(expressions) %}{{ return(adapter.dispatch('row_text')(expressions)) }}{% endmacro %}

{% macro postgres__row_text(expressions) -%}
    cast(row({{ expressions | join(', ') }}) as {{ type_string() }})
{%- endmacro %}

{% macro spark__row_text(expressions) -%}
    to_json(array({% for expression in expressions %}cast({{ expression }} as string){{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}
