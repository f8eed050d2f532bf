{# A decimal from the text of a column of orders.yaml, null where it is none: read by the entry's decimal, thousands, currency
   and round. The usual notations first, at a glance; only other texts go through the patterns of all notations. #}
{% macro mapped_number(text, entry) -%}
    {%- set decimal, decimals, thousands, currency = entry.get('decimal', '.'), entry.get('round'), entry.get('thousands'), entry.get('currency') -%}
    {%- do check_marks(decimal, thousands) -%}
    {%- do check_round(decimals) -%}
    {%- set usual = '^[+-]?([0-9]+[' ~ decimal ~ ']?|[0-9]*[' ~ decimal ~ '][0-9]{1,6})$' -%}
    {%- set marks = thousands_marks(thousands) ~ blank_characters() ~ ([currency] if currency is string else currency or []) | join -%}
    case
        when length({{ text }}) <= 18 and {{ matches(text, usual) }} then {{ exact_number(with_point(text, decimal), decimals) }}
        {%- if (thousands or currency) and not modules.re.search('[-0-9+' ~ decimal ~ ']', marks) %}
        when length({{ text }}) <= 18 and {{ matches(text, usual_with_marks(decimal, thousands, currency)) }}
            then {{ exact_number('translate(' ~ text ~ ', ' ~ quote_literal(decimal ~ marks) ~ ", '.')", decimals) }}
        {%- endif %}
        when {{ text }} is not null then {{ with_value('given', text, with_value(
            'plain', plain_number('given', decimal, thousands, currency), safe_number('plain', decimals)
        )) }}
    end
{%- endmacro %}

{# Groups of three, and one sign or code before or behind: what most texts are where there are such marks. #}
{% macro usual_with_marks(decimal, thousands, currency) -%}
    {%- set between = modules.re.escape(thousands_marks(thousands)) -%}
    {%- set number = ('(?:[1-9][0-9]{0,2}(?:[' ~ between ~ '][0-9]{3})+|[0-9]{1,3})' if between else '[0-9]+') ~ '(?:[' ~ decimal ~ '][0-9]{1,6})?' -%}
    {%- set signs = '(?:' ~ currency_signs(currency) | join('|') ~ ')' if currency else '' -%}
    {%- set blank = '[' ~ blank_characters() ~ ']?' -%}
    {{ return('^[+-]?(?:' ~ (number if not currency else signs ~ blank ~ number ~ '|' ~ number ~ blank ~ signs) ~ ')$') }}
{%- endmacro %}

{% macro check_round(decimals) %}
    {% if decimals is not none and decimals not in range(7) %}
        {% do exceptions.raise_compiler_error(mapping_file() ~ ": round: '" ~ decimals ~ "' is no number of decimals from 0 to 6") %}
    {% endif %}
{% endmacro %}
