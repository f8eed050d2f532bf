{# The columns of stg.orders, each kind together, from `delivered` and the seed order_statuses. #}
{% macro orders_columns(delivered, statuses) -%}
        -- ids
        {{ delivered }}.order_id,
        {{ delivered }}.customer_id,

        -- times
        {{ delivered }}.order_ts,

        -- numbers
        {{ delivered }}.amount,

        -- text
        {{ delivered }}.currency,
        {{ delivered }}.status,
        {{ delivered }}.channel,
        {%- for name in extra_columns() %}
        {{ delivered }}.{{ name }},
        {%- endfor %}

        -- flags
        coalesce({{ statuses }}.is_purchase, {{ 'false' if is_mapped('status') else 'true' }}) as is_purchase,

        -- lineage
        {{ delivered }}.load_id,
        {{ delivered }}.line_number,
        {{ delivered }}.line_count
{%- endmacro %}
