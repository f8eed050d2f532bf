-- Where a status is mapped, an order without one is no purchase.
{{ config(severity='warn') }}
{%- set parsed = ref('orders_parsed') %}
{%- set faults = value_faults('blank_status') %}
{%- if first_line_decides('status') %}
with blank as (
    {{ rows_at_fault(parsed, faults) }}
)

-- Of order lines the first one's status counts.
select *
from blank
where not exists (
    select 1
    from {{ parsed }} as earlier
    where earlier.order_id = blank.order_id and earlier.load_id = blank.load_id and earlier.line_number < blank.line_number
)
{%- else %}
{{ rows_at_fault(parsed, faults) }}
{%- endif %}
