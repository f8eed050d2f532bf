with features as (
    select * from {{ ref('customer_features') }}
),

labels as (
    select * from {{ ref('customer_labels') }}
),

current_version as (
    select feature_set, feature_version from {{ source('meta', 'current_versions') }}
    where feature_set = 'customer_features'
),

splits as (
    select dataset_splits.customer_id, dataset_splits.feature_time, dataset_splits.split
    from {{ source('meta', 'dataset_splits') }} as dataset_splits
    inner join current_version
        on
            dataset_splits.feature_set = current_version.feature_set
            and dataset_splits.feature_version = current_version.feature_version
),

-- Rows whose label is not known yet, and rows in an embargo, have no split.
training_set as (
    select
        features.*,
        labels.{{ label_definition().column_name }},
        splits.split
    from features
    inner join labels
        on features.customer_id = labels.customer_id and features.feature_time = labels.feature_time
    left join splits
        on features.customer_id = splits.customer_id and features.feature_time = splits.feature_time
)

select * from training_set
