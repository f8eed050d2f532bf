{{ config(
    materialized='kept',
    meta={'ready_kept_by': 'order', 'ready_loads_from': ['order_versions'] if tracks_availability() else ['orders_parsed', 'orders_rejected']},
    indexes=[{'columns': ['order_id'], 'unique': true}, {'columns': ['order_ts']}],
    pre_hook="{{ parallel_scan_settings() }}"
) }}

-- depends_on: {% if not execute %}{{ ref('order_versions') }} {{ ref('order_lines') }}{% endif %}
{%- set tracked = tracks_availability() %}
{%- set extras = extra_columns() %}
{%- if order_grain() == 'order_line' %}

with lines as (
    select * from {{ ref('order_lines') }}
),

ranked as (
    select lines.*, row_number() over (partition by order_id order by {{ order_of_lines() }}) as line_rank
    from lines
),

-- Times and texts are the first line's; numbers are summed over the lines that are purchases, or over all where none is.
final as (
    select
        -- ids
        order_id,
        max(case when line_rank = 1 then customer_id end) as customer_id,

        -- times
        min(order_ts) as order_ts,

        -- numbers
        {{ sum_of_purchases('amount') }} as amount,

        -- text
        {%- for name in ['currency', 'status', 'channel'] %}
        max(case when line_rank = 1 then {{ name }} end) as {{ name }},
        {%- endfor %}
        {%- for name in extras %}
        {{ sum_of_purchases(name) if extras[name].type == 'number' else 'max(case when line_rank = 1 then ' ~ name ~ ' end)' }} as {{ name }},
        {%- endfor %}

        -- flags
        bool_or(is_purchase) as is_purchase,

        -- lineage
        max(case when line_rank = 1 then load_id end) as load_id,
        max(case when line_rank = 1 then line_number end) as line_number,
        cast(count(*) as integer) as line_count
    from ranked
    group by order_id
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
