-- A file that is loaded after another, has orders in common with it and is older by its own newest order: the older state of these
-- orders wins.
{%- set parsed = ref('orders_parsed') %}
{%- if is_idle(model) %}
select * from {{ parsed }}
where false
{%- else %}
with shared as (
    select distinct
        order_id,
        load_id
    from {{ parsed }}
    where order_id in {{ come_again(parsed) }}
),

pairs as (
    select distinct
        later.load_id,
        earlier.load_id as earlier_load_id
    from shared as later
    inner join shared as earlier on later.order_id = earlier.order_id and later.load_id > earlier.load_id
    where later.load_id in {{ newly_loaded() }}
),

newest as (
    select
        load_id,
        file_name,
        max(order_ts) as newest_order_ts
    from {{ parsed }}
    where load_id in (select pairs.load_id from pairs union all select pairs.earlier_load_id from pairs)
    group by load_id, file_name
)

select
    later.load_id,
    later.file_name,
    later.newest_order_ts,
    earlier.file_name as other_file_name,
    earlier.newest_order_ts as other_newest_order_ts
from pairs
inner join newest as later on pairs.load_id = later.load_id
inner join newest as earlier on pairs.earlier_load_id = earlier.load_id
where later.newest_order_ts < earlier.newest_order_ts
order by later.load_id asc, earlier.newest_order_ts desc
{%- endif %}
