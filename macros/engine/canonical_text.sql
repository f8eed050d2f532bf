{# The text of a value that every engine writes alike: decimals plain at their scale, instants in UTC with
   microseconds, backslash and bar in text escaped. #}
{% macro canonical_text(expression, data_type) -%}
    {{ return(adapter.dispatch('canonical_text')(expression, data_type)) }}
{%- endmacro %}

{% macro postgres__canonical_text(expression, data_type) -%}
    {%- if data_type.startswith('timestamp with time zone') or data_type == 'timestamptz' -%}
        to_char({{ expression }} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    {%- elif data_type in ['text', 'character varying'] or data_type.startswith('character varying') -%}
        replace(replace({{ expression }}, {{ "E'\\\\', E'\\\\\\\\'" }}), '|', {{ "E'\\\\|'" }})
    {%- else -%}
        cast({{ expression }} as text)
    {%- endif -%}
{%- endmacro %}
