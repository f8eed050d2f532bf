{# A select of the records on which the filter `rows` is null. #}
{% macro records_left_undecided() %}
with events as (
    select
        raw_events.load_id,
        raw_events.line_number,
        loads.file_name,
        {{ json_object('raw_events', 'payload') }}
    from {{ source('raw', 'raw_events') }} as raw_events
    inner join {{ loads_of_orders() }} as loads on raw_events.load_id = loads.load_id
)

select
    load_id,
    line_number,
    file_name
{%- if 'rows' in guarded_expressions() %}
from (select *, {{ guarded_call(guarded_expressions().rows) }} as judged from events) as judged_events
where judged[1] is null and judged[2] is null
{%- else %}
from events
where ({{ mapped_expression({'expression': orders_mapping().rows}) }}
) is null
{%- endif %}
order by load_id, line_number
{%- endmacro %}
