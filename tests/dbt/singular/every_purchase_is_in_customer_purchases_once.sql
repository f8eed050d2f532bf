-- The purchases among the orders, and the latest states in customer_purchases: neither has one that the other lacks.
with counted as (
    select order_id, 1 as times from {{ ref('orders') }}
    where is_purchase
    union all
    select order_id, -1 as times from {{ ref('customer_purchases') }}
    {%- if tracks_availability() %}
    where superseded_at is null
    {%- endif %}
)

select order_id
from counted
group by order_id
having sum(times) <> 0
