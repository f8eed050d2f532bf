{# A typed column of orders_parsed; where the mapping says `of: order`, with the value of its order's first line in the file on
   all lines of the order. A number is there once: on the first line, 0 on the others, so that it is neither missing nor added
   twice. A text that is no number or time is left invalid on any line. #}
{% macro of_order(name, typed) -%}
    {%- if not is_of_order(name) -%}
        {{ return(typed) }}
    {%- endif -%}
    {%- set first_line = first_line_of_order() -%}
    {%- if name in number_columns() -%}
        case
            when row_number(){{ first_line }} = 1 or ({{ name }}_raw is not null and {{ typed }} is null) then {{ typed }}
            {{- ' else 0' if name == 'amount' else ' when first_value(' ~ typed ~ ')' ~ first_line ~ ' is not null then 0' }}
        end
    {%- elif name in time_columns() -%}
        case when {{ name }}_raw is null or {{ typed }} is not null then first_value({{ typed }}){{ first_line }} end
    {%- else -%}
        first_value({{ typed }}){{ first_line }}
    {%- endif -%}
{%- endmacro %}

{# The text beside it: of a blank one the first line's, whose value it has. A number has its own text alone. #}
{% macro raw_of_order(name) -%}
    {%- if not is_of_order(name) or name in number_columns() -%}
        {{ return(name ~ '_raw') }}
    {%- endif -%}
    coalesce({{ name }}_raw, first_value({{ name }}_raw){{ first_line_of_order() }}) as {{ name }}_raw
{%- endmacro %}

{% macro first_line_of_order() %}
    {% do return(' over (partition by load_id, ' ~ text_of('order_id') ~ ' order by line_number)') %}
{% endmacro %}

{# Whether a column's value is the order's: said so, or one of the canonical columns but the amount, unless it is of its line. #}
{% macro describes_order(name) %}
    {% set of = orders_mapping()['columns'].get(name, {}).get('of') %}
    {% do return(of == 'order' or (of != 'line' and name in canonical_columns() and name != 'amount')) %}
{% endmacro %}

{% macro is_of_order(name) %}
    {% do return(orders_mapping()['columns'].get(name, {}).get('of') == 'order' and order_grain() == 'order_line') %}
{% endmacro %}
