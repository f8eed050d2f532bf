{# Holds for a customer's first purchase in customer_purchases, and for those of the same instant. An index of these rows
   alone finds the customers without a scan of all purchases. #}
{% macro is_first_purchase() -%}
    order_ts = first_order_ts
{%- endmacro %}
