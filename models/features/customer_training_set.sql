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

-- Rows of which a label is not known yet have no split, nor rows in an embargo: so no label window reaches into the next split.
-- By customer, or by both, a row's split is also its customer's.
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
    left join boundaries
        on features.feature_time >= boundaries.time_from
        and features.feature_time < boundaries.time_to
        and (
            boundaries.next_from is null
            or features.feature_time + {{ days(splits.embargo) }} <= boundaries.next_from
        )
        {%- if splits.by in ['customer', 'both'] %}
        and {{ customer_split('features', splits) }} = boundaries.split
        {%- endif %}
)

select * from training_set
