{# A scalar subquery: the ids of the loads that staging reads now, in order, as an array. #}
{% macro active_load_ids() -%}
    (
        select coalesce(array_agg(load_id order by load_id), cast(array[] as bigint[]))
        from {{ source('raw', 'loads') }}
        where {{ is_active_load() }} and source = {{ quote_literal(orders_mapping().source) }}
    )
{%- endmacro %}
