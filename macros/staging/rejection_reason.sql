{# Why a parsed row cannot become an order; null where it can. The first fault that applies. #}
{% macro rejection_reason() -%}
    case
        when order_id is null then 'order_id is missing'
        when customer_id is null then 'customer_id is missing'
        when order_ts is null and order_ts_raw is null then 'order_ts is missing'
        when order_ts is null then 'order_ts is not a valid timestamp'
        when amount is null and amount_raw is null then 'amount is missing'
        when amount is null then 'amount is not a valid number'
    end
{%- endmacro %}
