{{ config(kept_by='row') }}

{%- set splits = split_definition() %}
{%- set changed = '(customer_id, feature_time) in (select customer_id, feature_time from changed_rows)' %}

with features as (
    select * from {{ ref('customer_features') }}
    {{ only_changed(changed, word='where') }}
),

labels as (
    select * from {{ ref('customer_labels') }}
    {{ only_changed(changed, word='where') }}
),

-- Named themselves: of a CTE that is used twice PostgreSQL makes a copy.
boundaries as (
    {{ instead(split_boundaries(splits, ref('customer_features'), ref('orders')), 'select * from same_boundaries') }}
),

-- Rows whose label is not known yet, and rows in an embargo, have no split.
training_set as (
    select
        features.*,
        labels.{{ label_column() }},
        boundaries.split
    from features
    inner join labels
        on features.customer_id = labels.customer_id and features.feature_time = labels.feature_time
    left join boundaries on {{ is_member('features', 'boundaries', splits) }}
)

select * from training_set
