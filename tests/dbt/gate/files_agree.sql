-- Which file wins where orders differ between files that came together: of an order in several the one loaded last. A later
-- delivery that brings orders up to date is no such case.
{{ config(fail_calc='coalesce(sum(orders), 0)') }}
{%- set parsed = ref('orders_parsed') %}
{%- if is_idle(model) %}
select
    parsed.*,
    0 as orders
from {{ parsed }} as parsed
where false
{%- else %}
{%- set contents = ['customer_id', 'order_ts', 'amount', 'currency', 'status', 'channel'] + extra_columns().keys() | list %}
with delivered as (
    select
        order_id,
        load_id,
        file_name,
        line_number,
        {{ row_text(contents) }} as contents,
        row_number() over (partition by order_id order by load_id desc, line_number desc) as place,
        row_number() over (partition by order_id, load_id order by line_number desc) as place_in_load
    from {{ parsed }}
    where order_id in {{ come_again(parsed) }} and load_id in {{ newly_loaded() }}
),

differing as (
    select
        winners.order_id,
        winners.file_name,
        winners.load_id,
        winners.line_number,
        losers.file_name as other_file_name,
        losers.line_number as other_line_number,
        row_number() over (partition by winners.load_id, losers.load_id order by winners.line_number) as place,
        count(*) over (partition by winners.load_id, losers.load_id) as orders
    from delivered as winners
    inner join delivered as losers on winners.order_id = losers.order_id and winners.load_id > losers.load_id
    where winners.place = 1 and losers.place_in_load = 1 and winners.contents <> losers.contents
)

select *
from differing
where place = 1
order by orders desc, load_id asc, other_file_name asc
{%- endif %}
