-- Each order's lines must be certain. With line_id mapped: every line has one, and one file has it once. Without: an order whose
-- lines are in several files is decided where one of them has all lines of the others; else it may be an order cut over files
-- or lines that were corrected, and only the user knows which: then the order is named, at its first line in the first file.
-- With `lines_over_files: sum` the same is asked of lines that say the same in the mapped columns that all their files have: they
-- are one line if they say the same in all others too, and may be two if not.
{%- set columns = orders_mapping()['columns'] %}
{%- if order_grain() == 'order' or ('line_id' not in columns and lines_over_files() == 'latest') %}
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
{%- set contents = contents_of_line() %}
{%- set group = ['order_id'] %}
{%- if lines_over_files() == 'sum' %}
{%- for part in contents %}{% do group.append('key_' ~ loop.index) %}{% endfor %}
{%- endif %}
{%- set content = ['unmapped_content'] %}
{%- for part in contents %}{% do content.append('content_' ~ loop.index) %}{% endfor %}
with spread as (
    select
        order_id,
        {{ array_of('load_id') }} as load_ids
    from (
        select distinct
            order_id,
            load_id
        from {{ ref('orders_parsed') }}
        where order_id is not null
    ) as placed
    group by order_id
    having count(*) > 1
),

columns_of_loads as (
    select distinct
        load_id,
        name
    from (
        select
            load_id,
            {{ json_elements('columns') }} as name
        from {{ loads_of_orders() }} as loads
    ) as named
),

-- The columns that some of the files lack, for each set of files that have an order together.
lacked as (
    select
        load_ids,
        {{ array_of('name', 'loads < cardinality(load_ids)') }} as names
    from (
        select
            met.load_ids,
            columns_of_loads.name,
            count(*) as loads
        from (select distinct load_ids from spread) as met
        inner join columns_of_loads on {{ array_contains('met.load_ids', 'columns_of_loads.load_id') }}
        group by met.load_ids, columns_of_loads.name
    ) as counted
    group by load_ids
),

events as (
    {{ raw_records() }}
),

-- What lines say in the columns that are mapped, and in the others that all of the order's files have.
spread_lines as (
    select
        parsed.order_id,
        parsed.load_id,
        parsed.file_name,
        parsed.line_number,
        {%- for part in contents %}
        {{ part.value }} as content_{{ loop.index }},
        {%- if group | length > 1 %}
        case when true
            {%- for column in part.reads %} and not {{ array_contains('lacked.names', quote_literal(column)) }}{% endfor %} then {{ part.value }}
        end as key_{{ loop.index }},
        {%- endif %}
        {%- endfor %}
        {{ json_hash(json_without('events.payload', 'lacked.names', contents | sum(attribute='reads', start=[]))) }} as unmapped_content
    from {{ ref('orders_parsed') }} as parsed
    inner join spread on parsed.order_id = spread.order_id
    inner join lacked on spread.load_ids = lacked.load_ids
    inner join events on parsed.load_id = events.load_id and parsed.line_number = events.line_number
),

contents as (
    select
        {{ group | join(', ') }},
        {{ content | join(', ') }},
        load_id,
        min(file_name) as file_name,
        min(line_number) as line_number,
        count(*) as copies
    from spread_lines
    group by {{ group | join(', ') }}, {{ content | join(', ') }}, load_id
),

-- How many lines there are at least, whatever the files mean, and how many of them each file has.
weighed as (
    select
        contents.*,
        sum(copies) over (partition by {{ group | join(', ') }}, load_id) as copies_in_load,
        case
            when row_number() over (partition by {{ group | join(', ') }}, {{ content | join(', ') }} order by copies desc, load_id) = 1
                then copies
            else 0
        end as needed
    from contents
),

compared as (
    select
        weighed.*,
        max(copies_in_load) over (partition by {{ group | join(', ') }}) as most_in_one_load,
        sum(needed) over (partition by {{ group | join(', ') }}) as all_needed
    from weighed
),

undecided as (
    select
        order_id,
        load_id,
        min(file_name) as file_name,
        min(line_number) as line_number
    from compared
    where most_in_one_load < all_needed
    group by order_id, load_id
),

placed_orders as (
    select
        order_id,
        file_name,
        load_id,
        line_number,
        row_number() over (partition by order_id order by load_id) as place,
        lead(file_name) over (partition by order_id order by load_id) as other_file_name,
        lead(line_number) over (partition by order_id order by load_id) as other_line_number
    from undecided
)

select
    order_id,
    file_name,
    load_id,
    line_number,
    other_file_name,
    other_line_number
from placed_orders
where place = 1
order by load_id, line_number
{%- endif %}
