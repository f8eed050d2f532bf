-- Each order's lines must be certain. With line_id mapped: every line has one, and one file has it once. Without: an order whose
-- lines stand in several files is decided where one of them has all lines of the others; else it may be an order cut over files
-- or lines that were corrected, and only the user knows which: then the order is named, at its first line in the first file.
{%- set columns = orders_mapping()['columns'] %}
{%- if order_grain() == 'order' or ('line_id' not in columns and lines_over_files()) %}
select * from {{ ref('orders_parsed') }}
where false
{%- elif 'line_id' in columns %}
with named as (
    select
        order_id,
        line_id,
        file_name,
        load_id,
        line_number,
        row_number() over of_line as place,
        first_value(file_name) over of_line as other_file_name,
        first_value(line_number) over of_line as other_line_number
    from {{ ref('orders_parsed') }}
    where order_id is not null
    window of_line as (partition by order_id, load_id, line_id order by line_number)
)

select
    order_id,
    line_id,
    file_name,
    load_id,
    line_number,
    case when line_id is not null then other_file_name end as other_file_name,
    case when line_id is not null then other_line_number end as other_line_number
from named
where line_id is null or place > 1
order by load_id, line_number
{%- else %}
with spread as (
    select order_id
    from {{ ref('orders_parsed') }}
    where order_id is not null
    group by order_id
    having min(load_id) < max(load_id)
),

contents as (
    select
        order_id,
        load_id,
        line_content,
        min(file_name) as file_name,
        min(line_number) as line_number,
        count(*) as copies
    from {{ ref('orders_parsed') }}
    where order_id in (select order_id from spread)
    group by order_id, load_id, line_content
),

-- How many lines an order has at least, whatever its loads mean.
needed as (
    select
        order_id,
        sum(copies) as line_count
    from (
        select
            order_id,
            line_content,
            max(copies) as copies
        from contents
        group by order_id, line_content
    ) as most
    group by order_id
),

of_loads as (
    select
        order_id,
        load_id,
        min(file_name) as file_name,
        min(line_number) as line_number,
        sum(copies) as line_count
    from contents
    group by order_id, load_id
),

undecided as (
    select order_id
    from of_loads
    inner join needed using (order_id)
    group by order_id
    having max(of_loads.line_count) < max(needed.line_count)
),

told as (
    select
        order_id,
        file_name,
        load_id,
        line_number,
        row_number() over (partition by order_id order by load_id) as place,
        lead(file_name) over (partition by order_id order by load_id) as other_file_name,
        lead(line_number) over (partition by order_id order by load_id) as other_line_number
    from of_loads
    where order_id in (select order_id from undecided)
)

select
    order_id,
    file_name,
    load_id,
    line_number,
    other_file_name,
    other_line_number
from told
where place = 1
order by load_id, line_number
{%- endif %}
