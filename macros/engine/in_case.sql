{# A text in `upper` or `lower` case, letter by letter: none becomes two. #}
{% macro in_case(function, text) %}{{ return(adapter.dispatch('in_case')(function, text)) }}{% endmacro %}
{% macro postgres__in_case(function, text) %}{{ function }}({{ text }}){% endmacro %}

{# Java's rules make two letters of some, as SS of ß. #}
{% macro spark__in_case(function, text) -%}
    {%- set letter = 'left(lower(letter), 1)' if function == 'lower' else 'case when length(upper(letter)) = 1 then upper(letter) else letter end' -%}
    case
        when {{ matches(text, '[^\\x00-\\x7f]') }} then array_join(transform(split({{ text }}, ''), letter -> {{ letter }}), '')
        else {{ function }}({{ text }})
    end
{%- endmacro %}
