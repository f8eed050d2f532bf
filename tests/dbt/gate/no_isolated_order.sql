-- No few orders at a time of their own, by a long gap from all others. What the other two rules on dates name is theirs.
{%- set parsed = ref('orders_parsed') %}
{%- set settings = {'days': rule_setting('days', 60), 'orders': rule_setting('orders', 10)} %}
with isolated as (
    {{ isolated_orders(parsed, settings) }}
)

select parsed.*
from {{ parsed }} as parsed
inner join isolated on parsed.order_ts >= isolated.time_from and parsed.order_ts <= isolated.time_to
where {{ is_plausible_date('parsed') }}
order by parsed.load_id, parsed.line_number
