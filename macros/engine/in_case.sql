{# A text in `upper` or `lower` case, letter by letter: none becomes two. #}
{% macro in_case(function, text) -%}
    {{ return(adapter.dispatch('in_case')(function, text)) }}
{%- endmacro %}

{% macro postgres__in_case(function, text) -%}
    {{ function }}({{ text }})
{%- endmacro %}

{% macro spark__in_case(function, text) -%}
    case
        when {{ matches(text, '[^\\x00-\\x7f]') }} then array_join(transform(
            split({{ text }}, ''),
            letter -> case when length({{ function }}(letter)) = 1 then {{ function }}(letter) else letter end
        ), '')
        else {{ function }}({{ text }})
    end
{%- endmacro %}
