{# What the features of order lines need beyond those of orders. A purchase is a line, known from its own time on; the first of
   an order opens it. An order counts where it opens, with the value that its lines have together up to the window's end.
   docs/order-lines.md has the definitions in plain words. #}

{# Whether an aggregation looks at each line rather than at orders: sums and different values always, a text of them where it
   is the line's own, other functions with `by` a column of lines. #}
{% macro aggregates_lines(aggregation) %}
    {% if order_grain() == 'order' %}
        {% do return(false) %}
    {% endif %}
    {% do return(
        aggregation.function in ['sum', 'count_distinct']
        or (picks_text(aggregation) and not describes_order(aggregation.column))
        or (aggregation.get('value') is not none and not describes_order(aggregation.by))
    ) %}
{% endmacro %}

{% macro aggregates_orders_of_lines(aggregation) %}
    {% do return(order_grain() == 'order_line' and not aggregates_lines(aggregation)) %}
{% endmacro %}

{# A column as customer_purchases has it for an aggregation: of orders, the order's value so far, or its first line's text,
   which the line that opens the order has itself. #}
{% macro aggregated_column(aggregation, column) %}
    {% set of_order = aggregates_orders_of_lines(aggregation) and not picks_text(aggregation) %}
    {% do return(column ~ '_of_order' if column and of_order else column) %}
{% endmacro %}

{# Holds for the rows of a window that an aggregation of orders looks at: for a count or a text where an order opens, else for the last line
   before the window's end of each order that opened since its beginning; none of other aggregations. #}
{% macro counts_for_order(aggregation, rows, window) %}
    {% if not aggregates_orders_of_lines(aggregation) %}
        {% do return(none) %}
    {% elif not aggregation.column or picks_text(aggregation) %}
        {% do return(rows ~ '.opens_order') %}
    {% endif %}
    {% set next = rows ~ '.next_line_ts' %}
    {% set is_last = '(' ~ next ~ ' is null or ' ~ next ~ ' >= ' ~ window.until ~ ')' %}
    {% do return((rows ~ '.opened_ts >= ' ~ window.since ~ ' and ' if window.since else '') ~ is_last) %}
{% endmacro %}

{# What customer_purchases has of each line for aggregations of orders: a list of (column, SQL over the order's lines in order). #}
{% macro columns_of_order(aggregations) %}
    {% if order_grain() == 'order' %}
        {% do return([]) %}
    {% endif %}
    {% set columns = {'opens_order': 'row_number() over own_order = 1'} %}
    {% for aggregation in aggregations if aggregates_orders_of_lines(aggregation) and not picks_text(aggregation) %}
        {% if aggregation.column %}
            {% do columns.update({
                'opened_ts': 'first_value(order_ts) over own_order',
                'next_line_ts': 'lead(order_ts) over own_order',
                aggregation.column ~ '_of_order': 'sum(' ~ aggregation.column ~ ') over own_order',
            }) %}
        {% endif %}
        {% if aggregation.get('value') is not none %}
            {% set by = short_text(aggregation.by) if measured_texts([aggregation.by]) else aggregation.by %}
            {% do columns.update({aggregation.by ~ '_of_order': 'first_value(' ~ by ~ ') over own_order'}) %}
        {% endif %}
    {% endfor %}
    {% do return(columns.items() | list) %}
{% endmacro %}


{# The column of customer_purchases with the time of the last order. #}
{% macro last_order_column() -%}
    {{ return('last_order_ts' if order_grain() == 'order_line' else time_of_rows()) }}
{%- endmacro %}
