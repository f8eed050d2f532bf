{# Post-hook of customer_features, after record_feature_version: cuts the feature times into train, val and test
   and writes which row belongs where; rows in an embargo or without a known label belong to none. The membership
   of the version's latest build is kept in meta.dataset_splits, a summary of every build for ever. #}
{% macro record_dataset_splits() -%}
    {%- if execute -%}
    {%- set splits = split_definition() -%}
    {%- do warn_of_empty_splits(splits) -%}
    create temporary table split_boundaries on commit drop as
    {{ split_boundaries(splits) }};

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
    inner join split_boundaries as boundaries
        on features.feature_time >= boundaries.time_from and features.feature_time < boundaries.time_to
        and (
            boundaries.next_from is null
            or features.feature_time + {{ days(splits.embargo) }} <= boundaries.next_from
        );

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

{# A select of split, time_from, time_to (half-open) and next_from, the start of the next part (null for the last).
   By share: of the n feature times with a known label, in order, number floor(n * train) is where val starts and
   number floor(n * (train + val)) where test starts. #}
{% macro split_boundaries(splits) -%}
    with data as (
        select max(order_ts) - {{ days(label_definition().horizon) }} as last_labelled_time
        from {{ relation_of('orders') }}
    ),

    times as (
        select
            feature_time,
            row_number() over (order by feature_time) - 1 as position,
            count(*) over () as n
        from (select distinct feature_time from {{ this }}) as distinct_times
        cross join data
        where feature_time <= data.last_labelled_time
    ),

    bounds as (
        select
            min(times.feature_time) as first_time,
            max(times.feature_time) + interval '1 microsecond' as end_time,
            {%- if splits.by_date %}
            cast('{{ splits.val_from }} 00:00:00+00' as timestamptz) as val_from,
            cast('{{ splits.test_from }} 00:00:00+00' as timestamptz) as test_from
            {%- else %}
            coalesce(
                min(times.feature_time) filter (where position = floor(n * {{ splits.train }})),
                max(times.feature_time) + interval '1 microsecond'
            ) as val_from,
            coalesce(
                min(times.feature_time) filter (where position = floor(n * ({{ splits.train }} + {{ splits.val }}))),
                max(times.feature_time) + interval '1 microsecond'
            ) as test_from
            {%- endif %}
        from times
    )

    select parts.split, parts.time_from, least(parts.time_to, bounds.end_time) as time_to, parts.next_from
    from bounds
    cross join lateral (
        values
        ('train', bounds.first_time, bounds.val_from, bounds.val_from),
        ('val', bounds.val_from, bounds.test_from, bounds.test_from),
        ('test', bounds.test_from, bounds.end_time, null)
    ) as parts (split, time_from, time_to, next_from)
    where parts.time_from < least(parts.time_to, bounds.end_time)
{%- endmacro %}

{# Too few feature times for three parts is no error: the run goes on with what there is, and says so. #}
{% macro warn_of_empty_splits(splits) %}
    {% set present = run_query(
        'select split, count(*) from (' ~ split_boundaries(splits) ~ ') as boundaries group by 1'
    ).columns[0].values() %}
    {% for split in ['train', 'val', 'test'] if split not in present %}
        {% do exceptions.warn(
            "The " ~ split ~ " split is empty: there are too few feature times with a known label. "
            ~ "Use more data, a shorter horizon or a finer calendar (configs/features.yaml)."
        ) %}
    {% endfor %}
{% endmacro %}
