{# Part of publishing a feature set, beside record_feature_version: which row belongs to train, val and test.
   meta.dataset_splits holds the membership of the version's latest build, meta.dataset_split_summary a row for
   each split of every build, for ever. #}
{% macro record_dataset_splits(build) -%}
    {%- set splits = split_definition() -%}
    {%- set summary = run_query(split_summary(build, splits)) -%}
    {%- do build.update({'splits': summary}) -%}
    {%- set version = 'feature_set = ' ~ quote_literal(build.feature_set) ~ ' and feature_version = ' ~ build.version -%}

    {#- Written only where it differs: an unchanged run must not touch millions of rows. -#}
    {%- set differs = membership_hashes(summary) != membership_hashes(run_query(recorded_membership(build, version))) -%}
    {%- set only_added = differs and adds_split_rows_only(build) -%}
    {%- if differs %}
    insert into {{ source('meta', 'dataset_splits') }} (feature_set, feature_version, customer_id, feature_time, split)
    select {{ quote_literal(build.feature_set) }}, {{ build.version }}, customer_id, feature_time, split
    from {{
        rows_gained_by(published_name(build.training_set), 'customer_id, feature_time, split') if only_added
        else split_rows(build, published_name(build.features), published_name(build.training_set))
    }}
    where split is not null;
    {%- endif %}

    {%- for row in summary.rows %}
    {{ insert_of_build('dataset_split_summary', build, {
        'split': quote_literal(row[0]),
        'membership_hash': quote_literal(row[1]),
        'row_count': row[2],
        'entity_count': row[3],
        'label_mean': row[4] if row[4] is not none else 'null',
        'time_from': quote_literal(row[5]),
        'time_to': quote_literal(row[6]),
        'embargo_days': splits.embargo,
    }) }}
    on conflict do nothing;
    {%- endfor %}
    {%- if differs and not only_added %}
    {{ retire_dataset_splits(build.feature_set, build.version) }}
    {%- endif %}
{%- endmacro %}

{# A select of split, membership hash, rows, customers, mean of the first label, time_from and time_to, one row a split. #}
{% macro split_summary(build, splits) %}{{ return(adapter.dispatch('split_summary')(build, splits)) }}{% endmacro %}

{% macro postgres__split_summary(build, splits) -%}
    {%- if build.feature_set == 'customer_features' -%}
        select
            part as split,
            {{ hash_of_content() }} as membership_hash,
            row_count,
            entity_count,
            round(total / nullif(filled, 0), 6) as label_mean,
            cast(time_from as text) as time_from,
            cast(time_to as text) as time_to
        from {{ recorded_contents(build.training_set) }} and row_count > 0
        order by contents.time_from
    {%- else -%}
        {{ default__split_summary(build, splits) }}
    {%- endif -%}
{%- endmacro %}

{# Customers are counted apart: a distinct count would keep the rest from running in parallel. #}
{% macro default__split_summary(build, splits) -%}
    {%- set rows = split_rows(build, build.features, build.training_set) -%}
    with members as (
        select
            split,
            {{ content_hash() }} as membership_hash,
            count(*) as row_count,
            {{ label_mean() }} as label_mean
        from {{ hashed_rows(
            rows, membership_columns(), kept=['split', label_columns()[0]], condition='split is not null'
        ) }}
        group by split
    ),

    customers as (
        select split, count(*) as entity_count
        from (select distinct split, customer_id from {{ rows }}) as distinct_customers
        group by split
    )

    select
        members.split,
        members.membership_hash,
        members.row_count,
        customers.entity_count,
        members.label_mean,
        cast(boundaries.time_from as {{ type_string() }}) as time_from,
        cast(boundaries.time_to as {{ type_string() }}) as time_to
    from members
    inner join customers on members.split = customers.split
    inner join ({{ split_boundaries(splits, newest_relation_of('customer_features'), relation_of('data_span')) }}) as boundaries
        on members.split = boundaries.split
    order by boundaries.time_from
{%- endmacro %}

{# The rows of a feature set with the first label and the split. A set of one's own has those of customer_training_set at its own keys. #}
{% macro split_rows(build, features, training_set) -%}
    {%- if build.feature_set == 'customer_features' -%}
        {{ training_set }}
    {%- else -%}
        (
            select customer_id, feature_time, training_set.{{ label_columns()[0] }}, training_set.split
            from {{ features }} as features
            inner join {{ training_set }} as training_set using (customer_id, feature_time)
        ) as members
    {%- endif -%}
{%- endmacro %}

{% macro label_mean() -%}
    {{ exact_average('sum(' ~ label_as_number() ~ ')', 'count(' ~ label_as_number() ~ ')') }}
{%- endmacro %}

{# The first label; one that is a condition counts 1 where it holds. #}
{% macro label_as_number() -%}
    {%- set column = label_columns()[0] -%}
    {{ return('case when ' ~ column ~ ' then 1 else 0 end' if label_definitions()[0].function == 'no_purchase' else column) }}
{%- endmacro %}

{# A select of split and membership hash of what meta.dataset_splits holds of a version; where changes are added to the published
   one, as that is recorded. #}
{% macro recorded_membership(build, version) -%}
    {%- set published = published_name(build.training_set) -%}
    {%- if build.training_set.is_view and is_published_version(build) -%}
        select part as split, {{ hash_of_content() }} from {{ recorded_contents(published) }} and row_count > 0
    {%- else -%}
        {{ hashed_membership(version) }}
    {%- endif -%}
{%- endmacro %}

{% macro hashed_membership(version) -%}
    select split, {{ content_hash() }}
    from {{ hashed_rows(source('meta', 'dataset_splits'), membership_columns(), kept=['split'], condition=version) }}
    group by split
{%- endmacro %}

{# Whether the build that this one follows was of the same version. #}
{% macro is_published_version(build) %}
    {% do return(build.feature_set == 'customer_features' and run_query(
        'select count(*) from ' ~ source('meta', 'current_versions') ~ ' where feature_set = ' ~ quote_literal(build.feature_set)
        ~ ' and feature_version = ' ~ build.version
    ).rows[0][0] > 0) %}
{% endmacro %}

{# Whether what meta.dataset_splits holds stays, and the build's new rows are all that is missing. #}
{% macro adds_split_rows_only(build) %}
    {% do return(
        is_published_version(build) and build.training_set.is_view and not split_rows_gone(published_name(build.training_set))
    ) %}
{% endmacro %}


{% macro membership_columns() %}
    {% do return([('customer_id', 'text'), ('feature_time', 'timestamptz')]) %}
{% endmacro %}

{% macro membership_hashes(table) %}
    {% do return(dict(table.select(table.column_names[:2]).rows | list)) %}
{% endmacro %}

