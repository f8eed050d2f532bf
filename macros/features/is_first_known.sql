{# Holds for the purchase by which a customer becomes known in customer_purchases, and for those of the same instant. An
   index of these rows alone finds the customers without a scan of all purchases. #}
{% macro is_first_known() -%}
    {{ 'available_at' if tracks_availability() else 'order_ts' }} = {{ first_known_column() }}
{%- endmacro %}

{# The column with that instant. #}
{% macro first_known_column() -%}
    {{ return('first_available_at' if tracks_availability() else 'first_order_ts') }}
{%- endmacro %}
