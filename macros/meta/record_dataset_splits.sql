{# Post-hook of customer_features, after record_feature_version: writes which row belongs to train, val and test.
   meta.dataset_splits holds the membership of the version's latest build, meta.dataset_split_summary a row for
   each split of every build, for ever. #}
{% macro record_dataset_splits() -%}
    {%- if execute -%}
    {%- set splits = split_definition() -%}
    {%- set feature_set = quote_literal(this.identifier) -%}
    {%- set summary = run_query(split_summary(splits)) -%}
    {%- do warn_of_empty_splits(summary.columns[0].values()) -%}
    {%- set held = run_query(held_membership(feature_set)) -%}

    {%- if membership_hashes(summary) != membership_hashes(held) %}
    delete from {{ source('meta', 'dataset_splits') }} as held
    using {{ source('meta', 'current_versions') }} as versions
    where
        versions.feature_set = {{ feature_set }}
        and held.feature_set = versions.feature_set
        and held.feature_version = versions.feature_version;

    insert into {{ source('meta', 'dataset_splits') }} (feature_set, feature_version, customer_id, feature_time, split)
    select versions.feature_set, versions.feature_version, features.customer_id, features.feature_time, boundaries.split
    from {{ this }} as features
    inner join ({{ split_boundaries(splits, this, relation_of('orders')) }}) as boundaries
        on {{ is_member('features', 'boundaries', splits) }}
    inner join {{ source('meta', 'current_versions') }} as versions on versions.feature_set = {{ feature_set }};
    {%- endif %}

    {%- for row in summary.rows %}
    insert into {{ source('meta', 'dataset_split_summary') }} (
        feature_set, feature_version, data_hash, split, membership_hash, time_from, time_to, row_count, entity_count,
        embargo_days
    )
    select
        feature_set, feature_version, data_hash, '{{ row[0] }}', '{{ row[1] }}', cast('{{ row[2] }}' as timestamptz),
        cast('{{ row[3] }}' as timestamptz), {{ row[4] }}, {{ row[5] }}, {{ splits.embargo }}
    from {{ source('meta', 'current_versions') }}
    where feature_set = {{ feature_set }}
    on conflict do nothing;
    {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{# A select of split, membership hash, time_from, time_to, rows and customers, one row a split. #}
{% macro split_summary(splits) -%}
    select
        boundaries.split,
        {{ membership_hash('features.customer_id', 'features.feature_time') }},
        cast(boundaries.time_from as text),
        cast(boundaries.time_to as text),
        count(*),
        count(distinct features.customer_id)
    from {{ this }} as features
    inner join ({{ split_boundaries(splits, this, relation_of('orders')) }}) as boundaries
        on {{ is_member('features', 'boundaries', splits) }}
    group by boundaries.split, boundaries.time_from, boundaries.time_to
    order by boundaries.time_from
{%- endmacro %}

{# A select of split and membership hash of what meta.dataset_splits holds of the version just recorded. #}
{% macro held_membership(feature_set) -%}
    select held.split, {{ membership_hash('held.customer_id', 'held.feature_time') }}
    from {{ source('meta', 'dataset_splits') }} as held
    inner join {{ source('meta', 'current_versions') }} as versions
        on held.feature_set = versions.feature_set and held.feature_version = versions.feature_version
    where versions.feature_set = {{ feature_set }}
    group by held.split
{%- endmacro %}

{% macro membership_hash(customer_id, feature_time) -%}
    {{ content_hash([(customer_id, 'text'), (feature_time, 'timestamptz')]) }}
{%- endmacro %}

{% macro membership_hashes(table) %}
    {% set hashes = {} %}
    {% for row in table.rows %}
        {% do hashes.update({row[0]: row[1]}) %}
    {% endfor %}
    {% do return(hashes) %}
{% endmacro %}

{# Too few feature times for three parts is no error: the run goes on with what there is, and says so. #}
{% macro warn_of_empty_splits(present) %}
    {% for split in ['train', 'val', 'test'] if split not in present %}
        {% do exceptions.warn(
            "The " ~ split ~ " split is empty: there are too few feature times with a known label. "
            ~ "Use more data, a shorter horizon or a finer calendar (configs/features.yaml)."
        ) %}
    {% endfor %}
{% endmacro %}
