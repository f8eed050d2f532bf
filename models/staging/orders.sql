{{ config(indexes=[{'columns': ['order_id'], 'unique': true}]) }}

{%- set extras = extra_columns() %}

with usable as (
    select parsed.*
    from {{ ref('orders_parsed') }} as parsed
    left join {{ ref('orders_rejected') }} as rejected
        on parsed.load_id = rejected.load_id and parsed.line_number = rejected.line_number
    where rejected.load_id is null
),

statuses as (
    select * from {{ ref('order_statuses') }}
),

{%- if order_grain() == 'order_line' %}

-- An order's lines come from the one load that delivered it last.
ranked as (
    select
        usable.*,
        max(load_id) over (partition by order_id) as last_load_id,
        row_number() over (partition by order_id, load_id order by line_number) as line_rank
    from usable
),

latest as (
    select
        order_id,
        max(case when line_rank = 1 then customer_id end) as customer_id,
        min(order_ts) as order_ts,
        sum(amount) as amount,
        max(case when line_rank = 1 then currency end) as currency,
        max(case when line_rank = 1 then status end) as status,
        max(case when line_rank = 1 then channel end) as channel,
        {%- for name in extras %}
        {{ 'sum(' ~ name ~ ')' if extras[name].type == 'number' else 'max(case when line_rank = 1 then ' ~ name ~ ' end)' }} as {{ name }},
        {%- endfor %}
        load_id,
        min(line_number) as line_number,
        cast(count(*) as integer) as line_count
    from ranked
    where load_id = last_load_id
    group by order_id, load_id
),
{%- else %}

delivered as (
    select
        order_id,
        customer_id,
        order_ts,
        amount,
        currency,
        status,
        channel,
        {%- for name in extras %}
        {{ name }},
        {%- endfor %}
        load_id,
        line_number,
        1 as line_count
    from usable
),

-- Of an order delivered more than once the latest load wins, within it the last line.
latest as (
    {{ deduplicate('delivered', 'order_id', 'load_id desc, line_number desc') }}
),
{%- endif %}

final as (
    select
        -- ids
        latest.order_id,
        latest.customer_id,

        -- times
        latest.order_ts,

        -- numbers
        latest.amount,

        -- text
        latest.currency,
        latest.status,
        latest.channel,
        {%- for name in extras %}
        latest.{{ name }},
        {%- endfor %}

        -- flags
        coalesce(statuses.is_purchase, latest.status is null) as is_purchase,

        -- lineage
        latest.load_id,
        latest.line_number,
        latest.line_count
    from latest
    left join statuses on latest.status = statuses.status
)

select * from final
