{{ config(
    materialized='kept',
    meta={'ready_kept_by': 'order', 'ready_loads_from': ['order_versions'] if tracks_availability() else ['orders_parsed', 'orders_rejected']},
    indexes=[{'columns': ['order_id'], 'unique': true}, {'columns': ['order_ts']}],
    pre_hook="{{ parallel_scan_settings() }}"
) }}

-- depends_on: {% if not execute %}{{ ref('order_versions') }} {{ ref('order_lines') }}{% endif %}
{%- set tracked = tracks_availability() %}
{%- if order_grain() == 'order_line' %}

with lines as (
    select * from {{ ref('order_lines') }}
),

final as (
    {{ orders_of_lines('lines') }}
)
{%- else %}

with statuses as (
    select * from {{ ref('order_statuses') }}
),

{%- if tracked %}

delivered as (
    select versions.*
    from {{ ref('order_versions') }} as versions
    {{ join_due('orders_due', 'versions.order_id = orders_due.order_id') }}
    where {{ due_alone('orders_due.order_id is not null') }}
),
{%- else %}

usable as (
    {{ usable_rows(ref('orders_parsed'), ref('orders_rejected')) }}
),

delivered as (
    {{ delivered_orders('usable') }}
),
{%- endif %}

-- Of an order delivered more than once the latest load wins, within it the last line; or the state known last.
latest as (
    {{ deduplicate('delivered', 'order_id', ('available_at desc, ' if tracked else '') ~ 'load_id desc, line_number desc') }}
),

final as (
    select
        {{ orders_columns('latest', 'statuses') }}
    from latest
    left join statuses on latest.status = statuses.status
)
{%- endif %}

select * from final
