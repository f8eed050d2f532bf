{{ config(
    pre_hook="{{ lateral_join_settings() }}",
    post_hook=["{{ record_feature_version() }}", "{{ record_dataset_splits() }}"],
) }}

{%- set definition = feature_definition() %}
{%- set every = definition.feature_times.every %}
{%- set active_within = definition.feature_times.active_within %}

with feature_times as (
    select * from {{ ref('feature_times') }}
),

customers as (
    select
        customer_key,
        customer_id,
        min(order_ts) as first_order_ts
    from {{ ref('customer_purchases') }}
    group by customer_key, customer_id
),

-- A customer appears from the first feature time after its first purchase.
spine as (
    select {{ 'distinct ' if every == 'order' }}customers.customer_key, customers.customer_id, feature_times.feature_time
    from customers
    {%- if every == 'order' %}
    inner join {{ ref('orders') }} as orders on customers.customer_id = orders.customer_id
    inner join feature_times on orders.order_ts = feature_times.feature_time
    where feature_times.feature_time > customers.first_order_ts
    {%- else %}
    inner join feature_times on customers.first_order_ts < feature_times.feature_time
    {%- endif %}
),

-- The joins name the table itself: a CTE used twice would be copied first, without its index.
-- Each row sees only purchases strictly before its feature_time: the windows are [feature_time - w days, feature_time).
features as (
    select
        spine.customer_id,
        spine.feature_time,
        {%- for window in definition.windows %}
        {%- for aggregation in definition.aggregations %}
        recent.{{ aggregation.name }}_{{ window }}d,
        {%- endfor %}
        {%- endfor %}
        {%- for aggregation in definition.aggregations if aggregation.name in definition.totals %}
        {{ 'latest.orders_to_date' if aggregation.function == 'count' else 'cast(latest.amount_to_date as ' ~ type_amount() ~ ')' }} as {{ aggregation.name }}_total,
        {%- endfor %}
        {{ whole_days_between('latest.order_ts', 'spine.feature_time') }} as days_since_last_order,
        {{ whole_days_between('latest.first_order_ts', 'spine.feature_time') }} as days_since_first_order
    from spine
    cross join lateral (
        select purchases.order_ts, purchases.orders_to_date, purchases.amount_to_date, purchases.first_order_ts
        from {{ ref('customer_purchases') }} as purchases
        where purchases.customer_key = spine.customer_key and purchases.order_ts < spine.feature_time
        order by purchases.order_ts desc
        limit 1
    ) as latest
    cross join lateral (
        select
            {%- for window in definition.windows %}
            {%- set outer_loop = loop %}
            {%- set in_window = 'purchases.order_ts >= spine.feature_time - ' ~ days(window) %}
            {%- for aggregation in definition.aggregations %}
            {{ aggregate(aggregation.function, 'purchases.amount', in_window) }} as {{ aggregation.name }}_{{ window }}d
            {{- ',' if not (loop.last and outer_loop.last) }}
            {%- endfor %}
            {%- endfor %}
        from {{ ref('customer_purchases') }} as purchases
        where
            purchases.customer_key = spine.customer_key
            and purchases.order_ts >= spine.feature_time - {{ days(definition.windows | max) }}
            and purchases.order_ts < spine.feature_time
    ) as recent
    {%- if active_within %}
    where latest.order_ts >= spine.feature_time - {{ days(active_within) }}
    {%- endif %}
)

select * from features
