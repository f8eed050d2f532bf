{# When the n-th last order before feature_time was, of those known then; null where there are fewer. On PostgreSQL a look-up for
   a row of `spine`, on Spark an aggregate over all of its purchases known. #}
{% macro nth_last_order(n, customer_purchases, spine) %}{{ return(adapter.dispatch('nth_last_order')(n, customer_purchases, spine)) }}{% endmacro %}

{% macro postgres__nth_last_order(n, customer_purchases, spine) -%}
    (
            select purchases.{{ time_of_rows() }}
            from {{ customer_purchases }} as purchases
            where
                purchases.{{ customer_of_rows() }} = {{ spine }}.{{ customer_of_rows() }}
                and {{ is_known('purchases', spine ~ '.feature_time') }}
                {{ 'and purchases.opens_order' if order_grain() == 'order_line' }}
            order by purchases.{{ time_of_rows() }} desc
            offset {{ n - 1 }}
            limit 1
        )
{%- endmacro %}

{% macro spark__nth_last_order(n, customer_purchases, spine) -%}
    {%- set opened = ' filter (where purchases.opens_order)' if order_grain() == 'order_line' else '' -%}
    get(sort_array(collect_list(purchases.order_ts){{ opened }}, false), {{ n - 1 }})
{%- endmacro %}

{# Numbers from 2 to 20, as a list of {n, name}: the columns days_since_2nd_last_order and so on. #}
{% macro nth_last_orders(numbers, noun='order') %}
    {% set columns = [] %}
    {% for n in numbers %}
        {% if n not in range(2, 21) %}
            {% do exceptions.raise_compiler_error('features.yaml: days_since_nth_last_order: ' ~ n ~ ' is no number from 2 to 20') %}
        {% endif %}
        {% do columns.append({'n': n, 'name': 'days_since_' ~ n ~ {2: 'nd', 3: 'rd'}.get(n, 'th') ~ '_last_' ~ noun}) %}
    {% endfor %}
    {% do return(columns) %}
{% endmacro %}
