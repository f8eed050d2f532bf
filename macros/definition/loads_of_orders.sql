{# A subquery: the active loads of the mapping's source, as raw.loads has them. #}
{% macro loads_of_orders() -%}
    (select * from {{ source('raw', 'loads') }} where {{ is_active_load() }} and source = {{ quote_literal(orders_mapping().source) }})
{%- endmacro %}
