{# The text of a value that every engine writes alike: decimals plain at their scale, instants in UTC with
   microseconds, backslash and bar in text escaped. #}
{% macro canonical_text(expression, data_type) %}{{ return(adapter.dispatch('canonical_text')(expression, data_type)) }}{% endmacro %}

{% macro postgres__canonical_text(expression, data_type) -%}
    {%- if data_type.startswith('timestamp with time zone') or data_type == 'timestamptz' -%}
        to_char({{ expression }} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    {%- elif data_type in ['text', 'character varying'] or data_type.startswith('character varying') -%}
        replace(replace({{ expression }}, {{ "E'\\\\', E'\\\\\\\\'" }}), '|', {{ "E'\\\\|'" }})
    {%- else -%}
        cast({{ expression }} as text)
    {%- endif -%}
{%- endmacro %}

{# dbt-spark turns ANSI mode off, and then decimals of more than 6 places can become 0E-12. #}
{% macro spark__canonical_text(expression, data_type) -%}
    {%- if data_type in ['timestamp', 'timestamptz'] -%}
        date_format({{ expression }}, 'yyyy-MM-dd\u0027T\u0027HH:mm:ss.SSSSSS\u0027Z\u0027')
    {%- elif data_type in ['string', 'text'] -%}
        replace(replace({{ expression }}, {{ quote_literal('\\') }}, {{ quote_literal('\\\\') }}), '|', {{ quote_literal('\\|') }})
    {%- elif data_type in ['float', 'double'] -%}
        {% do exceptions.raise_compiler_error(
            'the column ' ~ expression ~ ' is of type ' ~ data_type ~ ', of which no fingerprint is available on Spark yet: cast it to a decimal'
        ) %}
    {%- elif modules.re.match('decimal.*,([7-9]|[1-3][0-9])[)]', data_type) -%}
        {% do exceptions.raise_compiler_error(
            'the column ' ~ expression ~ ' has more than 6 decimals, of which no fingerprint is available on Spark yet'
        ) %}
    {%- else -%}
        cast({{ expression }} as string)
    {%- endif -%}
{%- endmacro %}
