{# A key for a customer in joins, the same wherever its id is. #}
{% macro customer_number(customer_id) %}{{ return(adapter.dispatch('customer_number')(customer_id)) }}{% endmacro %}

{% macro postgres__customer_number(customer_id) -%}
    cast(dense_rank() over (order by {{ customer_id }}) as integer)
{%- endmacro %}

{# Numbering customers would take all rows through one task. #}
{% macro spark__customer_number(customer_id) %}{{ customer_id }}{% endmacro %}
