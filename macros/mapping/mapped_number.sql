{# A decimal from the text of a column of orders.yaml, null where it is none: read by the entry's decimal, thousands, currency
   and round. The usual notation first, at a glance; only other texts go through the patterns of all notations. #}
{% macro mapped_number(text, entry) -%}
    {%- set decimal, decimals = entry.get('decimal', '.'), entry.get('round') -%}
    {%- do check_marks(decimal, entry.get('thousands')) -%}
    {%- set usual = '^[+-]?([0-9]+[' ~ decimal ~ ']?|[0-9]*[' ~ decimal ~ '][0-9]{1,6})$' -%}
    case
        when length({{ text }}) <= 18 and {{ matches(text, usual) }} then {{ exact_number(with_point(text, decimal), decimals) }}
        when {{ text }} is not null then {{ with_value('given', text, with_value(
            'plain', plain_number('given', decimal, entry.get('thousands'), entry.get('currency')), safe_number('plain', decimals)
        )) }}
    end
{%- endmacro %}
