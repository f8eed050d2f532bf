-- The purchases among the orders, and the latest states or the opening lines in customer_purchases: neither has one that the other lacks, nor
-- has customer_purchases one twice. The join runs in parallel; grouping both together would not, nor would CTEs read twice.
-- It is spared where number and hashes of both agree.
{%- set purchases -%}
    (
        select order_id from {{ ref('orders') }}
        where is_purchase
    )
{%- endset %}
{%- set kept -%}
    (
        select order_id from {{ ref('customer_purchases') }}
        {%- if tracks_availability() %}
        where superseded_at is null
        {%- elif order_grain() == 'order_line' %}
        where opens_order
        {%- endif %}
    )
{%- endset %}

select coalesce(purchases.order_id, kept.order_id) as order_id
from {{ purchases }} as purchases
full join {{ kept }} as kept on purchases.order_id = kept.order_id
where (purchases.order_id is null or kept.order_id is null) and {{ may_differ(purchases, kept, 'order_id') }}

union all

select order_id from {{ kept }} as doubled
where (select count(*) from {{ kept }} as all_kept) > (select count(*) from {{ purchases }} as all_purchases)
group by order_id
having count(*) > 1
