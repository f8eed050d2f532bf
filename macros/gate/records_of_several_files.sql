{# A select of the records that an earlier file has with all its columns, of those that become orders, or events; each beside the place
   there, with `records`, how many there are in all. load_ids: of these loads alone, as a query. #}
{% macro records_of_several_files(parsed, load_ids) %}
with hashed as (
    select
        load_id,
        line_number,
        {{ json_hash('payload') }} as contents
    from (
        {{ raw_records(load_ids) }}
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
)

select
    parsed.*,
    loads.file_name as other_file_name,
    placed.other_line_number,
    count(*) over () as records
from placed
inner join {{ source('raw', 'loads') }} as loads on placed.other_load_id = loads.load_id
inner join {{ parsed }} as parsed on placed.load_id = parsed.load_id and placed.line_number = parsed.line_number
where placed.load_id <> placed.other_load_id and {{ becomes_order(parsed) }}
{%- endmacro %}
