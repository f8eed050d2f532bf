{{ config(kept_by='label', pre_hook="{{ lateral_join_settings() }}") }}

{%- set label = label_definition() %}

with spine as (
    select features.customer_id, features.feature_time
    from {{ ref('customer_features') }} as features
    {{ only_changed_rows('label', 'features.customer_id', 'features.feature_time') }}
),

customers as (
    select distinct customer_key, customer_id
    from {{ ref('customer_purchases') }}
    where {{ is_first_known() }}
),

data as (
    select max(order_ts) as data_end from {{ ref('orders') }}
),

-- The label looks ahead: [feature_time, feature_time + horizon). It is known only where the data reach that far.
labels as (
    select
        spine.customer_id,
        spine.feature_time,
        cast(
            case when spine.feature_time + {{ days(label.horizon) }} <= data.data_end then ahead.label end
            as {{ aggregate_type(label.function) }}
        ) as {{ label_column() }}
    from spine
    inner join customers on spine.customer_id = customers.customer_id
    cross join data
    cross join lateral (
        select {{ aggregate(label, 'purchases', 'true') }} as label
        from {{ ref('customer_purchases') }} as purchases
        where
            purchases.customer_key = customers.customer_key
            and purchases.order_ts >= spine.feature_time
            and purchases.order_ts < spine.feature_time + {{ days(label.horizon) }}
            {%- if tracks_availability() %}
            and purchases.superseded_at is null
            {%- endif %}
    ) as ahead
)

select * from labels
