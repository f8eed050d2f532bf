-- The purchases among the orders, and the latest states or the opening lines in customer_purchases: neither has one that the other lacks, nor
-- has customer_purchases one twice. The join runs in parallel; grouping both together would not, nor would CTEs read twice.
-- It is spared where number and hashes of both agree.
{%- set purchases -%}
    (
        select order_id from {{ ref('orders') }}
        where is_purchase
    )
{%- endset %}
{%- set held -%}
    (
        select order_id from {{ ref('customer_purchases') }}
        {%- if tracks_availability() %}
        where superseded_at is null
        {%- elif order_grain() == 'order_line' %}
        where opens_order
        {%- endif %}
    )
{%- endset %}

select coalesce(purchases.order_id, held.order_id) as order_id
from {{ purchases }} as purchases
full join {{ held }} as held on purchases.order_id = held.order_id
where (purchases.order_id is null or held.order_id is null) and {{ may_differ(purchases, held, 'order_id') }}

union all

select order_id from {{ held }} as doubled
where (select count(*) from {{ held }} as all_held) > (select count(*) from {{ purchases }} as all_purchases)
group by order_id
having count(*) > 1
