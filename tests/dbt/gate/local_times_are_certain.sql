-- A local time, without an offset, that comes twice or not at all as clocks change: `local_times` in orders.yaml says which instant
-- it is, or that it is none.
{%- set mapping = orders_mapping() %}
{%- for name in clocks_that_change() %}
select
    parsed.*,
    {{ quote_literal(name ~ '_raw') }} as column_at_fault,
    {{ quote_literal(name ~ ' has {n} local time(s) that come twice or not at all as clocks change') }} as says
from {{ ref('orders_parsed') }} as parsed
where
    {{ name }}_raw is not null
    and {{ with_value(
        'zoned', zoned_time(name ~ '_raw', mapping['columns'][name]),
        '(' ~ safe_timestamp('zoned', 'later') ~ ') is not null and (' ~ safe_timestamp('zoned', 'invalid') ~ ') is null'
    ) }}
{{ 'union all' if not loop.last }}
{%- else %}
select parsed.*, '' as column_at_fault, '' as says
from {{ ref('orders_parsed') }} as parsed
where false
{%- endfor %}
