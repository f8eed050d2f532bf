-- The purchases among the orders, and the latest states in customer_purchases: neither has one that the other lacks.
with purchases as (
    select order_id from {{ ref('orders') }}
    where is_purchase
),

read_by_features as (
    select order_id from {{ ref('customer_purchases') }}
    {%- if tracks_availability() %}
    where superseded_at is null
    {%- endif %}
)

(select order_id from purchases except all select order_id from read_by_features)
union all
(select order_id from read_by_features except all select order_id from purchases)
