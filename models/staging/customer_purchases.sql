{{ config(
    materialized='kept',
    meta={'ready_kept_by': 'customer'},
    pre_hook="{{ parallel_scan_settings() }}",
    post_hook=[
        "{{ index_covering(this, ['customer_key', 'order_ts'], purchase_columns()) }}",
        "{{ index_covering(this, ['customer_id'], ['customer_key', first_known_column()], is_first_known()) }}",
        {'sql': "{{ vacuum_analyze(this) }}", 'transaction': false},
    ]
) }}

-- depends_on: {% if not execute %}{{ ref('order_versions') }} {{ ref('order_lines') }} {{ ref('order_lookups') }}{% endif %}
{%- set definition = feature_definition() %}
{%- set measured = measured_columns(definition.aggregations + label_definitions()) %}
{%- set tracked = tracks_availability() %}
{%- set of_order = columns_of_order(definition.aggregations + label_definitions()) %}

with {% if tracked -%}
versions as (
    select
        *,
        lead(available_at) over (partition by order_id order by available_at) as superseded_at
    from {{ with_lookups('order_versions') }}
),

purchases as (
    select * from versions
    where is_purchase
),
{%- elif order_grain() == 'order_line' -%}
-- A build in part looks at the due customers' lines alone: all lines of an order are one customer's.
purchased as (
    select lines.*
    from {{ with_lookups('order_lines') }} as lines
    {{ join_due('customers_due', 'lines.customer_id = customers_due.customer_id') }}
    where lines.is_purchase and {{ due_alone('customers_due.customer_id is not null') }}
),

purchases as (
    select
        *
        {%- for name, value in of_order %},
        {{ value }} as {{ name }}
        {%- endfor %}
    from purchased
    window own_order as (partition by order_id order by {{ order_of_lines() }})
),
{%- else -%}
purchases as (
    select * from {{ with_lookups('orders') }}
    where is_purchase
),
{%- endif %}

-- An integer key: comparing it is what the feature queries spend their time on. Purchases of the same instant share their
-- running totals: none of them is before another.
keyed as (
    select
        {{ full_or_due(customer_number('purchases.customer_id'), 'customers_due.customer_key') }} as customer_key,
        purchases.customer_id,
        purchases.order_id,
        purchases.order_ts
        {%- for column in measured if column not in ['customer_id', 'order_id', 'order_ts'] %},
        {{ short_text('purchases.' ~ column) ~ ' as ' ~ column if column in measured_texts(measured) else 'purchases.' ~ column }}
        {%- endfor %}
        {%- for name, _ in of_order %},
        purchases.{{ name }}
        {%- endfor %}
        {%- if tracked %},
        -- A state may be known before its order is placed, as a wrong date is: until then it is none.
        greatest(purchases.available_at, purchases.order_ts) as available_at,
        purchases.superseded_at,
        min(greatest(purchases.available_at, purchases.order_ts)) over (partition by purchases.customer_id) as {{ first_known_column() }}
        {%- else %}
        {%- for name, total in totals_to_date() %},
        {{ full_or_due(total ~ ' over to_date', continued(total, 'over to_date', total_before(name, total))) }} as {{ name }}
        {%- endfor %}
        {%- endif %}
    from purchases
    {{ join_due('customers_due', 'purchases.customer_id = customers_due.customer_id') }}
    where {{ due_alone('purchases.order_ts >= customers_due.first_change_ts') }}
    {%- if not tracked %}
    window to_date as (
        partition by purchases.customer_id order by purchases.order_ts
        range between unbounded preceding and current row
    )
    {%- endif %}
)

select * from keyed
order by customer_id, order_ts
