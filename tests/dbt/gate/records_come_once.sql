-- Where the id of an order is made of its place in a file, a record that two exports have is two orders. Records that are equal in all
-- columns of the file are reported at the later place.
{%- set parsed = ref('orders_parsed') %}
{%- if is_idle(model) %}
select * from {{ parsed }}
where false
{%- else %}
with active_loads as (
    select
        load_id,
        file_name
    from {{ loads_of_orders() }} as loads
),

hashed as (
    select
        load_id,
        line_number,
        {{ json_hash('payload') }} as contents
    from (
        {{ raw_records('select active_loads.load_id from active_loads') }}
    ) as events
),

in_several_files as (
    select contents
    from hashed
    group by contents
    having min(load_id) <> max(load_id)
),

placed as (
    select
        hashed.load_id,
        hashed.line_number,
        first_value(hashed.load_id) over of_contents as other_load_id,
        first_value(hashed.line_number) over of_contents as other_line_number
    from hashed
    inner join in_several_files on hashed.contents = in_several_files.contents
    window of_contents as (partition by hashed.contents order by hashed.load_id, hashed.line_number)
),

repeated as (
    select
        parsed.*,
        active_loads.file_name as other_file_name,
        placed.other_line_number,
        count(*) over () as records
    from placed
    inner join active_loads on placed.other_load_id = active_loads.load_id
    inner join {{ parsed }} as parsed on placed.load_id = parsed.load_id and placed.line_number = parsed.line_number
    where placed.load_id <> placed.other_load_id and {{ becomes_order(parsed) }}
)

select *
from repeated
where records >= {{ rule_setting('records', 10) }}
order by load_id, line_number
{%- endif %}
