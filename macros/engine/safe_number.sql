{# A decimal from plain text, null where it is none; never raises.
   At most 18 digits before the point and 6 after it (further zeros are harmless): what passes is stored
   exactly, what does not is counted by the gate instead of being rounded in silence. #}
{% macro safe_number(text) -%}
    {{ return(adapter.dispatch('safe_number')(text)) }}
{%- endmacro %}

{% macro postgres__safe_number(text) -%}
    case
        when {{ text }} ~ '^[+-]?([0-9]{1,18}[.]?|[0-9]{0,18}[.][0-9]{1,6}0{0,200})$'
            then cast({{ text }} as numeric)
    end
{%- endmacro %}
