{{ config(post_hook="{{ analyze(this) }}") }}

{%- set isolated = rule_settings('no_isolated_order') %}
{%- set trusted -%}
    (
        select order_ts from {{ ref('orders') }} as orders
        where
            {{ is_plausible_date('orders') }}
            {%- if isolated is not none %}
            and {{ is_outside_ranges('orders.order_ts', 'isolated') }}
            {%- endif %}
    ) as trusted
{%- endset %}

with isolated as (
    {%- if isolated is not none %}
    {{ isolated_orders(ref('orders'), isolated, indexed=true) }}
    {%- else %}
    select order_ts as time_from, order_ts as time_to from {{ ref('orders') }}
    where false
    {%- endif %}
)

-- The first and the last by the index: of the others no row is looked at.
select
    (select order_ts from {{ trusted }} order by order_ts limit 1) as first_order_ts,
    (select order_ts from {{ trusted }} order by order_ts desc limit 1) as last_order_ts
