{# Post-hook of customer_features, after record_feature_version: cuts the feature times into train, val and test
   and writes which row belongs where; rows in an embargo or without a known label belong to none. The membership
   of the version's latest build is kept in meta.dataset_splits, a summary of every build for ever. #}
{% macro record_dataset_splits() -%}
    {%- if execute -%}
    {%- set splits = split_definition() -%}
    {%- do warn_of_empty_splits(splits) -%}
    create temporary table split_boundaries on commit drop as
    {{ split_boundaries(splits, this, relation_of('orders')) }};

    create temporary table split_membership on commit drop as
    select
        versions.feature_set,
        versions.feature_version,
        versions.data_hash,
        features.customer_id,
        features.feature_time,
        boundaries.split
    from {{ this }} as features
    inner join {{ source('meta', 'current_versions') }} as versions on versions.feature_set = {{ quote_literal(this.identifier) }}
    inner join split_boundaries as boundaries on {{ is_member('features.feature_time', 'boundaries', splits.embargo) }};

    insert into {{ source('meta', 'dataset_split_summary') }} (
        feature_set, feature_version, data_hash, split, time_from, time_to, row_count, entity_count,
        membership_hash, embargo_days
    )
    select
        membership.feature_set,
        membership.feature_version,
        membership.data_hash,
        membership.split,
        boundaries.time_from,
        boundaries.time_to,
        count(*),
        count(distinct membership.customer_id),
        {{ membership_hash('membership') }},
        {{ splits.embargo }}
    from split_membership as membership
    inner join split_boundaries as boundaries on membership.split = boundaries.split
    group by 1, 2, 3, 4, 5, 6
    on conflict do nothing;

    {# Rewritten only where it differs: an unchanged run must not touch millions of rows. #}
    create temporary table split_changes on commit drop as
    select versions.feature_set, versions.feature_version
    from {{ source('meta', 'current_versions') }} as versions
    where
        versions.feature_set = {{ quote_literal(this.identifier) }}
        and (select {{ membership_hash('membership') }} from split_membership as membership)
        <> (
            select {{ membership_hash('held') }}
            from {{ source('meta', 'dataset_splits') }} as held
            where held.feature_set = versions.feature_set and held.feature_version = versions.feature_version
        );

    delete from {{ source('meta', 'dataset_splits') }} as held
    using split_changes
    where held.feature_set = split_changes.feature_set and held.feature_version = split_changes.feature_version;

    insert into {{ source('meta', 'dataset_splits') }} (feature_set, feature_version, customer_id, feature_time, split)
    select membership.feature_set, membership.feature_version, membership.customer_id, membership.feature_time, membership.split
    from split_membership as membership
    inner join split_changes
        on membership.feature_set = split_changes.feature_set and membership.feature_version = split_changes.feature_version
    {%- endif -%}
{%- endmacro %}

{% macro membership_hash(relation) -%}
    {{ content_hash([
        (relation ~ '.customer_id', 'text'), (relation ~ '.feature_time', 'timestamptz'), (relation ~ '.split', 'text')
    ]) }}
{%- endmacro %}

{# Too few feature times for three parts is no error: the run goes on with what there is, and says so. #}
{% macro warn_of_empty_splits(splits) %}
    {% set present = run_query(
        'select split, count(*) from (' ~ split_boundaries(splits, this, relation_of('orders')) ~ ') as boundaries group by 1'
    ).columns[0].values() %}
    {% for split in ['train', 'val', 'test'] if split not in present %}
        {% do exceptions.warn(
            "The " ~ split ~ " split is empty: there are too few feature times with a known label. "
            ~ "Use more data, a shorter horizon or a finer calendar (configs/features.yaml)."
        ) %}
    {% endfor %}
{% endmacro %}
