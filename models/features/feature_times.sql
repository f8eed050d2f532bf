-- depends_on: {% if not execute %}{{ ref('order_versions') }}{% endif %}
{%- set times = feature_definition().feature_times %}

with orders as (
    select * from {{ ref('orders') }}
),

{%- if times.every == 'order' %}

times as (
    select distinct order_ts as feature_time
    from orders
)
{%- else %}

bounds as (
    select
        {{ '(select min(greatest(available_at, order_ts)) from ' ~ ref('order_versions') ~ ')' if tracks_availability() else 'min(order_ts)' }} as first_order_ts,
        max(order_ts) as last_order_ts
    from orders
),

times as (
    {{ calendar('bounds', times.every, 'first_order_ts', 'last_order_ts', times.start, times.end) }}
)
{%- endif %}

select * from times
