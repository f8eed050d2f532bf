-- No order was placed, nor a state known, after its file was loaded; a day is left for clocks and zones.
{%- set span = rule_setting('days', 1) %}
select parsed.*
from {{ ref('orders_parsed') }} as parsed
where
    {%- for column in time_columns() %}
    {{ 'or ' if not loop.first }}not {{ is_placed_before_load('parsed', column, span) }}
    {%- endfor %}
order by parsed.load_id, parsed.line_number
