{# The order of an order's lines: the first one opens it. #}
{% macro order_of_lines() %}{{ return('order_ts, load_id, line_number') }}{% endmacro %}

{# A number of an order: summed over its lines that are purchases, or over all where none is. #}
{% macro sum_of_purchases(column) -%}
    case when bool_or(is_purchase) then sum(case when is_purchase then {{ column }} end) else sum({{ column }}) end
{%- endmacro %}
