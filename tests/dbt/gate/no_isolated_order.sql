-- No few orders at a time of their own: more than a year from all others. What the other two rules on dates name is theirs.
{%- set parsed = ref('orders_parsed') %}
{%- set settings = {'days': rule_setting('days', 365), 'orders': rule_setting('orders', 10)} %}
{%- set future = rule_settings('no_order_in_the_future') %}
{%- set placeholder = rule_settings('no_placeholder_date') %}
with isolated as (
    {{ isolated_orders(parsed, settings) }}
)

select parsed.*
from {{ parsed }} as parsed
inner join isolated on parsed.order_ts >= isolated.time_from and parsed.order_ts <= isolated.time_to
where
    true
    {%- if placeholder is not none %}
    and not {{ is_placeholder_date(placeholder.get('dates', placeholder_dates()), ['order_ts']) }}
    {%- endif %}
    {%- if future is not none %}
    and {{ is_placed_before_load('parsed', 'order_ts', future.get('days', 1)) }}
    {%- endif %}
order by parsed.load_id, parsed.line_number
