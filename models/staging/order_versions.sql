{{ config(
    materialized='kept',
    meta={'ready_kept_by': 'order', 'ready_loads_from': ['orders_parsed', 'orders_rejected']},
    indexes=[{'columns': ['order_id']}]
) }}

with usable as (
    {{ usable_rows(ref('orders_parsed'), ref('orders_rejected')) }}
    -- Empty where the files do not say since when a state was known: then an order has but its latest one.
    {%- if not tracks_availability() %}
    and false
    {%- endif %}
),

statuses as (
    select * from {{ ref('order_statuses') }}
),

delivered as (
    {{ delivered_orders('usable') }}
),

-- Of a state delivered more than once the latest load wins, within it the last line.
versions as (
    {{ deduplicate('delivered', 'order_id, available_at', 'load_id desc, line_number desc') }}
),

final as (
    select
        {{ orders_columns('versions', 'statuses') }},

        -- known since
        versions.available_at
    from versions
    left join statuses on versions.status = statuses.status
)

select * from final
