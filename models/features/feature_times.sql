-- depends_on: {% if not execute %}{{ ref('orders') }} {{ ref('order_versions') }}{% endif %}
{%- set times = feature_definition().feature_times %}

with data_span as (
    select * from {{ ref('data_span') }}
),

{%- if spine_source() %}

-- Each customer has times of its own: customer_features takes them from the source.
times as (
    select first_order_ts as feature_time from data_span
    where false
)
{%- elif times.every == 'order' %}

times as (
    select distinct orders.order_ts as feature_time
    from {{ ref('orders') }} as orders
    inner join data_span
        on orders.order_ts >= data_span.first_order_ts and orders.order_ts <= data_span.last_order_ts
)
{%- else %}

bounds as (
    select
        {%- if tracks_availability() %}
        (
            select min(greatest(versions.available_at, versions.order_ts))
            from {{ ref('order_versions') }} as versions
            where greatest(versions.available_at, versions.order_ts) >= data_span.first_order_ts
        ) as first_order_ts,
        {%- else %}
        first_order_ts,
        {%- endif %}
        last_order_ts
    from data_span
),

times as (
    {{ calendar('bounds', times.every, 'first_order_ts', 'last_order_ts', times.start, times.end) }}
)
{%- endif %}

select * from times
