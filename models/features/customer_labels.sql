{{ config(meta={'ready_kept_by': 'label'}, indexes=[{'columns': ['customer_id', 'feature_time']}], pre_hook="{{ lateral_join_settings() }}") }}

{%- set labels = label_definitions() %}

with spine as (
    {{ all_or_due('select customer_id, feature_time from ' ~ ref('customer_features'), 'rows_due') }}
),

customers as (
    select distinct customer_key, customer_id
    from {{ ref('customer_purchases') }}
    where {{ is_first_known() }} and {{ is_in_this_part('customer_key') }}
),

data as (
    select last_order_ts as data_end from {{ ref('data_span') }}
),

-- A label looks ahead: [feature_time, feature_time + horizon). It is known only where the data reach that far.
labels as (
    {{ point_in_time_labels(labels, 'spine', 'customers', 'data') }}
)

select * from labels
