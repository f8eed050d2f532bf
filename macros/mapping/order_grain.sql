{# What one CSV row is: an `order`, or an `order_line` of which several make an order. #}
{% macro order_grain() %}
    {% set grain = orders_mapping().grain %}
    {% if grain not in ['order', 'order_line'] %}
        {% do exceptions.raise_compiler_error("orders.yaml: grain: '" ~ grain ~ "' is neither order nor order_line") %}
    {% endif %}
    {% do return(grain) %}
{% endmacro %}

{# Whether an order takes this text from the first of several lines. #}
{% macro first_line_decides(name) %}
    {% do return(order_grain() == 'order_line' and orders_mapping().columns[name].get('of') != 'line') %}
{% endmacro %}
