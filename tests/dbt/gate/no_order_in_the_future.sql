-- No order was placed, nor a state known, after its file was loaded; a day is left for clocks and zones.
select parsed.*
from {{ ref('orders_parsed') }} as parsed
where {{ is_after_load('parsed', rule_setting('days', 1)) }}
order by parsed.load_id, parsed.line_number
