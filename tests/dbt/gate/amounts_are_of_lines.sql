-- Nearly all orders of several lines have one amount on all of them: it may be the order's total, which a sum over its lines would
-- count several times. Such an order is reported at its first line.
{%- set parsed = ref('orders_parsed') %}
{%- if is_idle(model) or is_of_order('amount') %}
select parsed.*, '' as column_at_fault, '' as says
from {{ parsed }} as parsed
where false
{%- else %}
with orders_of_lines as (
    select
        load_id,
        order_id,
        min(line_number) as line_number,
        min(amount) = max(amount) as has_one_amount
    from {{ parsed }}
    where order_id is not null and amount <> 0
    group by load_id, order_id
    having count(*) > 1
),

counted as (
    select
        count(*) as orders,
        count(case when has_one_amount then 1 end) as alike
    from orders_of_lines
)

select
    parsed.*,
    'amount' as column_at_fault,
    concat(
        'amount is one on all lines of {n} of ',
        counted.orders,
        {{ quote_literal(" orders of several lines, as an order's total would be") }}
    ) as says
from {{ parsed }} as parsed
inner join orders_of_lines on parsed.load_id = orders_of_lines.load_id and parsed.line_number = orders_of_lines.line_number
cross join counted
where
    orders_of_lines.has_one_amount
    and counted.alike >= {{ rule_setting('orders', 20) }} and counted.alike >= {{ rule_setting('share', 0.9) }} * counted.orders
{%- endif %}
