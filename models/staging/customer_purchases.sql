{{ config(
    post_hook=[
        "{{ index_covering(this, ['customer_key', 'order_ts'], ['amount', 'orders_to_date', 'amount_to_date', 'first_order_ts']) }}",
        {'sql': "{{ vacuum_analyze(this) }}", 'transaction': false},
    ]
) }}

with purchases as (
    select * from {{ ref('orders') }}
    where is_purchase
),

-- An integer key: comparing it is what the feature queries spend their time on.
keyed as (
    select
        dense_rank() over (order by customer_id) as customer_key,
        customer_id,
        order_id,
        order_ts,
        amount
    from purchases
),

-- Purchases of the same instant share their running totals: none of them is before another.
running as (
    select
        cast(customer_key as integer) as customer_key,
        customer_id,
        order_id,
        order_ts,
        amount,
        count(*) over to_date as orders_to_date,
        sum(amount) over to_date as amount_to_date,
        min(order_ts) over to_date as first_order_ts
    from keyed
    window to_date as (
        partition by customer_key order by order_ts
        range between unbounded preceding and current row
    )
)

select * from running
order by customer_key, order_ts
