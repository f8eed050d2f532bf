{{ config(meta={'ready_kept_by': 'feature'}, indexes=[{'columns': ['customer_id', 'feature_time']}], pre_hook=["{{ lateral_join_settings() }}", "{{ depend_on_spine_source() }}"]) }}

-- depends_on: {% if not execute %}{{ ref('orders') }}{% endif %}
{%- set definition = feature_definition() %}
{%- set every = definition.feature_times.every %}
{%- set events = spine_source() %}

with feature_times as (
    select {{ 'customer_id, event_ts as feature_time from ' ~ ref(events) if events else '* from ' ~ ref('feature_times') }}
),

customers as (
    select distinct customer_key, customer_id, {{ first_known_column() }} as first_known
    from {{ ref('customer_purchases') }}
    where {{ is_first_known() }}{{ ' and ' ~ is_in_this_part('customer_key') if every != 'order' and not events }}
),

-- A customer appears from the first feature time after its first purchase.
spine as (
    select {{ 'distinct ' if every == 'order' or events }}customers.customer_key, customers.customer_id, feature_times.feature_time
    from customers
    {%- if every == 'order' %}
    inner join {{ ref('orders') }} as orders on customers.customer_id = orders.customer_id
    inner join feature_times
        on orders.order_ts = feature_times.feature_time and feature_times.feature_time > customers.first_known
    {%- else %}
    inner join feature_times on customers.first_known < feature_times.feature_time{{ ' and customers.customer_id = feature_times.customer_id' if events }}
    {%- endif %}
    {{ join_due('customers_due', 'customers.customer_id = customers_due.customer_id') }}
    where {{ due_alone(row_is_due('feature', 'feature_times.feature_time')) }}
),

features as (
    {{ point_in_time_features(definition, 'spine', ['customer_id', 'feature_time']) }}
)

select * from features
