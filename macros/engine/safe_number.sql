{# A decimal from plain text, null where it is none; never raises.
   At most 18 digits before the point and 6 after it (further zeros are harmless): what passes is stored
   exactly, what does not is counted by the gate instead of being rounded in silence.
   `decimals`: rounded half up to so many, from any number of them and from 5e-17 too; for numbers that went through
   a float, such as 12.299999999999999. #}
{% macro safe_number(text, decimals=none) -%}
    {{ return(adapter.dispatch('safe_number')(text, decimals)) }}
{%- endmacro %}

{% macro postgres__safe_number(text, decimals) -%}
    {%- if decimals is none -%}
    {#- Most numbers are short, and a pattern that need not count takes a tenth of the time. #}
    case
        when
            (length({{ text }}) <= 18 and {{ text }} ~ '^[+-]?([0-9]+[.]?|[0-9]*[.][0-9]{1,6})$')
            or {{ text }} ~ '^[+-]?([0-9]{1,18}[.]?|[0-9]{0,18}[.][0-9]{1,6}0{0,200})$'
            then cast({{ text }} as numeric)
    end
    {%- else -%}
    {%- set rounded = 'round(cast(' ~ text ~ ' as numeric), ' ~ decimals ~ ')' -%}
    case
        when
            (length({{ text }}) <= 18 and {{ text }} ~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)$')
            or {{ text }} ~ '^[+-]?([0-9]{1,18}[.]?[0-9]{0,200}|[.][0-9]{1,200})([eE][+-]?[0-9]{1,3})?$'
            then case when abs({{ rounded }}) < 1e18 then {{ rounded }} end
    end
    {%- endif -%}
{%- endmacro %}

{# The cast rounds half up, once, from whatever digits there are. #}
{% macro spark__safe_number(text, decimals) -%}
    {%- if decimals is none -%}
    case
        when {{ matches(text, '^[+-]?([0-9]{1,18}[.]?|[0-9]{0,18}[.][0-9]{1,6}0{0,200})$') }}
            then try_cast({{ text }} as decimal(24, 6))
    end
    {%- else -%}
    case
        when {{ matches(text, '^[+-]?([0-9]{1,18}[.]?[0-9]{0,200}|[.][0-9]{1,200})([eE][+-]?[0-9]{1,3})?$') }}
            then cast(try_cast({{ text }} as decimal({{ 18 + decimals }}, {{ decimals }})) as decimal(24, 6))
    end
    {%- endif -%}
{%- endmacro %}

{# The same of a text that is known to be a number of at most 18 digits, 6 of them decimals. #}
{% macro exact_number(text, decimals=none) %}{{ return(adapter.dispatch('exact_number')(text, decimals)) }}{% endmacro %}

{% macro postgres__exact_number(text, decimals) -%}
    {{ 'cast(' ~ text ~ ' as numeric)' if decimals is none else 'round(cast(' ~ text ~ ' as numeric), ' ~ decimals ~ ')' }}
{%- endmacro %}

{% macro spark__exact_number(text, decimals) -%}
    {%- set number = 'cast(' ~ text ~ ' as decimal(24, 6))' -%}
    {{ number if decimals is none else 'cast(round(' ~ number ~ ', ' ~ decimals ~ ') as decimal(24, 6))' }}
{%- endmacro %}
