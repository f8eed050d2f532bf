{# What the features of order lines need beyond those of orders. A purchase is a line, at its own time; the first of an order
   opens it, and has in COLUMN_of_order what the order's lines of that instant have together.
   docs/order-lines.md has the definitions in plain words. #}

{# Whether an aggregation looks at each line rather than at orders: sums and different values always, other functions with
   `by` a column of lines. #}
{% macro aggregates_lines(aggregation) %}
    {% if order_grain() == 'order' %}
        {% do return(false) %}
    {% endif %}
    {% do return(
        aggregation.function in ['sum', 'count_distinct']
        or (aggregation.get('value') is not none and not describes_order(aggregation.by))
    ) %}
{% endmacro %}

{% macro aggregates_orders_of_lines(aggregation) %}
    {% do return(order_grain() == 'order_line' and not aggregates_lines(aggregation)) %}
{% endmacro %}

{# The column of customer_purchases that an aggregation reads; none for a count. #}
{% macro aggregated_column(aggregation) %}
    {% set of_order = aggregation.column and aggregates_orders_of_lines(aggregation) %}
    {% do return(aggregation.column ~ '_of_order' if of_order else aggregation.column) %}
{% endmacro %}

{# The columns of which customer_purchases has the order's value too. #}
{% macro columns_of_order(aggregations) %}
    {% set columns = [] %}
    {% for aggregation in aggregations if aggregated_column(aggregation) != aggregation.column and aggregation.column not in columns %}
        {% do columns.append(aggregation.column) %}
    {% endfor %}
    {% do return(columns) %}
{% endmacro %}

{# A select of the lines that are purchases, from order_lines: with opens_order, and the orders' values on the opening ones.
   An incremental build looks at the changed customers' alone: all lines of an order are one customer's. #}
{% macro purchased_lines(lines, columns) -%}
    select
        purchased.*,
        row_number() over (partition by order_id order by {{ order_of_lines() }}) = 1 as opens_order
        {%- for column in columns %},
        case
            when row_number() over (partition by order_id order by {{ order_of_lines() }}) = 1
                then sum({{ column }}) over (partition by order_id, order_ts)
        end as {{ column }}_of_order
        {%- endfor %}
    from {{ lines }} as purchased
    where is_purchase
    {{ only_changed('customer_id in (select customer_id from changed_customers)') }}
{%- endmacro %}

{# The column of customer_purchases with the time of the last order. #}
{% macro last_order_column() -%}
    {{ return('last_order_ts' if order_grain() == 'order_line' else 'order_ts') }}
{%- endmacro %}
