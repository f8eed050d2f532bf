{# What one CSV row is: an `order`, or an `order_line` of which several make an order. #}
{% macro order_grain() %}
    {% set grain = node_meta(source_at_work() ~ '_mapped').get('grain', 'order') %}
    {% do require_one_of('orders.yaml: grain', grain, ['order', 'order_line']) %}
    {% if grain == 'order_line' and tracks_availability() %}
        {% do exceptions.raise_compiler_error(
            "orders.yaml: available_at cannot be mapped at grain: order_line: a line's states and the lines of an order "
            ~ "cannot be told apart. Map it at grain: order, or leave it out: each line counts from its own order_ts on"
        ) %}
    {% endif %}
    {% do return(grain) %}
{% endmacro %}

{# Whether an order takes this text from the first of several lines. #}
{% macro first_line_decides(name) %}
    {% do return(order_grain() == 'order_line' and orders_mapping().columns[name].get('of') != 'line') %}
{% endmacro %}
