{# A number's text with a point for its decimals and nothing between thousands. `decimal` and `thousands` are the
   marks the file uses; thousands marks are taken out only where they part groups of three. #}
{% macro plain_number(text, decimal='.', thousands=none) -%}
    {%- if decimal not in ['.', ','] -%}
        {% do exceptions.raise_compiler_error("orders.yaml: decimal: '" ~ decimal ~ "' is neither '.' nor ','") %}
    {%- endif -%}
    {%- if thousands == decimal -%}
        {% do exceptions.raise_compiler_error("orders.yaml: thousands and decimal are the same mark, '" ~ decimal ~ "'") %}
    {%- endif -%}
    {%- set sql = namespace(text=text) -%}
    {%- if thousands -%}
        {%- set mark = '[' ~ thousands ~ ']' -%}
        {%- set grouped = '^[+-]?[0-9]{1,3}(' ~ mark ~ '[0-9]{3})+([' ~ decimal ~ '][0-9]*)?$' -%}
        {%- set sql.text = "case when " ~ matches(text, grouped) ~ " then replace(" ~ text ~ ", "
            ~ quote_literal(thousands) ~ ", '') else " ~ text ~ " end" -%}
    {%- endif -%}
    {%- if decimal == ',' -%}
        {#- A point is no decimal mark here: 1.5 must not read as one and a half. -#}
        {%- set sql.text = "translate(" ~ sql.text ~ ", ',.', '.,')" -%}
    {%- endif -%}
    {{ return(sql.text) }}
{%- endmacro %}
