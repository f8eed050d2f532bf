-- A line that could not be read leaves a part of its order. Lines within 50 of it are reported whose order's id is in it, between
-- delimiters or quotes: each order at its nearest line.
{%- set parsed = ref('orders_parsed') %}
{%- set mapping = orders_mapping() %}
{%- set entry = mapping['columns'].order_id %}
{%- set names = csv_columns_in(entry.get('expression', '')) %}
{%- if is_idle(model) or not (entry.get('column') or names) %}
select * from {{ parsed }}
where false
{%- else %}
with unread as (
    select
        load_id,
        line_number,
        {{ between_marks('raw_line') }} as fields
    from {{ source('raw', 'rejected_rows') }}
    where load_id in (select loads.load_id from {{ loads_of_orders() }} as loads)
),

-- Neighbours share a hundred, or are in the next one.
hundreds as (
    {%- for step in [-1, 0, 1] %}
    select
        unread.*,
        cast(floor(line_number / 100.0) as bigint) + {{ step }} as hundred
    from unread
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

neighbours as (
    select
        parsed.order_id,
        parsed.order_id_raw,
        parsed.load_id,
        parsed.file_name,
        parsed.line_number,
        hundreds.line_number as other_line_number,
        hundreds.fields
    from {{ parsed }} as parsed
    inner join hundreds
        on parsed.load_id = hundreds.load_id and cast(floor(parsed.line_number / 100.0) as bigint) = hundreds.hundred
    where parsed.order_id is not null and abs(parsed.line_number - hundreds.line_number) <= 50
),

{%- if names %}

-- What the expression of the id reads.
events as (
    {{ raw_records('select unread.load_id from unread') }}
),
{%- endif %}

related as (
    select
        neighbours.order_id,
        neighbours.load_id,
        neighbours.file_name,
        neighbours.line_number,
        neighbours.file_name as other_file_name,
        neighbours.other_line_number,
        row_number() over (
            partition by neighbours.order_id, neighbours.load_id
            order by abs(neighbours.line_number - neighbours.other_line_number), neighbours.line_number
        ) as place
    from neighbours
    {%- if names %}
    inner join events on neighbours.load_id = events.load_id and neighbours.line_number = events.line_number
    where
        coalesce({% for name in names %}{{ csv_text(name, mapping.null_words) }}, {% endfor %}null) is not null
        {%- for name in names %}
        and position(coalesce({{ between_marks(csv_text(name, mapping.null_words)) }}, '') in neighbours.fields) > 0
        {%- endfor %}
    {%- else %}
    where position({{ between_marks('neighbours.order_id_raw') }} in neighbours.fields) > 0
    {%- endif %}
)

select *
from related
where place = 1
order by load_id, line_number
{%- endif %}
