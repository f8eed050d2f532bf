{{ config(
    post_hook=[
        "{{ index_covering(this, ['customer_key', 'order_ts'], purchase_columns()) }}",
        "{{ index_covering(this, ['customer_id'], ['customer_key', 'first_order_ts'], is_first_purchase()) }}",
        {'sql': "{{ vacuum_analyze(this) }}", 'transaction': false},
    ]
) }}

{%- set definition = feature_definition() %}
{%- set measured = measured_columns(definition.aggregations + [label_definition()]) %}

with purchases as (
    select * from {{ ref('orders') }}
    where is_purchase
),

-- An integer key: comparing it is what the feature queries spend their time on.
keyed as (
    select
        cast(dense_rank() over (order by customer_id) as integer) as customer_key,
        customer_id,
        order_id,
        order_ts
        {%- for column in measured if column not in ['customer_id', 'order_id', 'order_ts'] %},
        {{ column }}
        {%- endfor %}
    from purchases
),

-- Purchases of the same instant share their running totals: none of them is before another.
running as (
    select
        keyed.*,
        {%- for name, total in running_totals(definition) %}
        {{ total }} over to_date as {{ name }},
        {%- endfor %}
        min(order_ts) over to_date as first_order_ts
    from keyed
    window to_date as (
        partition by customer_key order by order_ts
        range between unbounded preceding and current row
    )
)

select * from running
order by customer_key, order_ts
