{# A typed column of orders_parsed. Where the mapping says `of: order`, a line that has a text of its own keeps its value, so that
   the gate sees which lines disagree; a blank one has that of its order's first filled line in the file. A number is not
   repeated: a blank one is 0, so that it is neither missing nor added twice. #}
{% macro of_order(name, typed) -%}
    {%- if not is_of_order(name) -%}
        {{ return(typed) }}
    {%- endif -%}
    {%- set first_filled -%}
        over (partition by load_id, {{ text_of('order_id') }} order by case when {{ name }}_raw is null then 1 else 0 end, line_number)
    {%- endset -%}
    case
        when {{ name }}_raw is not null then {{ typed }}
        {%- if name == 'amount' %}
        when row_number() {{ first_filled }} > 1 then 0
        {%- elif name in number_columns() %}
        when first_value({{ name }}_raw) {{ first_filled }} is not null then 0
        {%- else %}
        else first_value({{ typed }}) {{ first_filled }}
        {%- endif %}
    end
{%- endmacro %}

{# The same in order_lines, where lines of several files meet: all have what the first line says that says something, a number
   once. A customer is always the order's, and so is a status unless it is of its line. #}
{% macro value_of_order(name) -%}
    {%- if is_of_order(name) -%}
        {%- set first_said -%}
            over (partition by order_id order by case when {{ name }}_raw is null then 1 else 0 end, {{ order_of_lines() }})
        {%- endset -%}
        {%- if name in number_columns() -%}
        case when row_number() {{ first_said }} = 1 then {{ name }} when {{ name }} is not null then 0 end as {{ name }}
        {%- else -%}
        first_value({{ name }}) {{ first_said }} as {{ name }}
        {%- endif -%}
    {%- elif name == 'customer_id' or (name == 'status' and describes_order(name)) -%}
        first_value({{ name }}) over (partition by order_id order by {{ order_of_lines() }}) as {{ name }}
    {%- else -%}
        {{ name }}
    {%- endif -%}
{%- endmacro %}

{# What a line says itself. #}
{% macro value_of_line(name) -%}
    {{ return('case when ' ~ name ~ '_raw is not null then ' ~ name ~ ' end' if is_of_order(name) else name) }}
{%- endmacro %}

{# Whether a column's value is the order's: said so, or one of the canonical columns but the amount, unless it is of its line. #}
{% macro describes_order(name) %}
    {% set of = orders_mapping()['columns'].get(name, {}).get('of') %}
    {% do return(of == 'order' or (of != 'line' and name in canonical_columns() and name != 'amount')) %}
{% endmacro %}

{% macro is_of_order(name) %}
    {% do return(orders_mapping()['columns'].get(name, {}).get('of') == 'order' and order_grain() == 'order_line') %}
{% endmacro %}
