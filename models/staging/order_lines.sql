{{ config(
    materialized='kept',
    meta={'ready_kept_by': 'order', 'ready_loads_from': ['orders_parsed', 'orders_rejected']},
    indexes=[{'columns': ['order_id']}]
) }}

{%- set extras = extra_columns() %}

with statuses as (
    select * from {{ ref('order_statuses') }}
),

{%- if order_grain() == 'order' %}

-- Empty where a CSV row is a whole order: then there are no lines to tell apart.
current_lines as (
    select parsed.*, cast(null as {{ type_string() }}) as line_id
    from {{ ref('orders_parsed') }} as parsed
    where false
),

-- depends_on: {{ ref('orders_rejected') }} {{ source('plan', 'orders_due') }}
{%- else %}

usable as (
    {{ usable_rows(ref('orders_parsed'), ref('orders_rejected')) }}
),

current_lines as (
    {{ current_lines('usable') }}
),
{%- endif %}

-- Whose an order is, and whether it is a purchase, is the first line's to say; the latter each line's own with `of: line`.
lines as (
    select
        order_id,
        {%- for name in canonical_columns() if name != 'order_id' %}
        {{ value_of_order(name) }},
        {%- endfor %}
        {%- for name in extras %}
        {{ value_of_order(name) }},
        {%- endfor %}
        load_id,
        line_number,
        1 as line_count,
        {{ 'cast(null as ' ~ type_string() ~ ')' if lines_are_unnamed() else 'line_id' }} as line_id
    from current_lines
),

final as (
    select
        {{ orders_columns('lines', 'statuses') }},
        lines.line_id
    from lines
    left join statuses on lines.status = statuses.status
)

select * from final
