{{ config(meta={'ready_kept_by': 'row'}, indexes=[{'columns': ['customer_id', 'feature_time']}]) }}

{%- set splits = split_definition() %}

with features as (
    select * from {{ ref('customer_features') }}
),

labels as (
    select * from {{ ref('customer_labels') }}
),

-- Named themselves: of a CTE that is used twice PostgreSQL makes a copy.
boundaries as (
    {{ all_or_due(split_boundaries(splits, ref('customer_features'), ref('data_span')), 'boundaries_due') }}
),

-- Rows of which a label is not known yet, and rows in an embargo, have no split.
training_set as (
    select
        features.*,
        {%- for label in label_columns() %}
        labels.{{ label }},
        {%- endfor %}
        boundaries.split
    from features
    inner join labels
        on features.customer_id = labels.customer_id and features.feature_time = labels.feature_time
    left join boundaries on {{ is_member('features', 'boundaries', splits) }}
)

select * from training_set
