{# Part of publishing customer_features: the features of one customer at any instant as a function of the database, by the
   query that the published table was built with. It runs with its owner's rights, as readers of feats do not read stg. A
   table that has other columns than features.yaml says has no such function. #}
{% macro create_features_function(build) %}{{ return(adapter.dispatch('create_features_function')(build)) }}{% endmacro %}
{% macro default__create_features_function(build) %}{% endmacro %}

{% macro postgres__create_features_function(build) -%}
    {%- set table = relation_named(build.feature_set) -%}
    {%- set function = adapter.quote(table.schema) ~ '.' ~ adapter.quote(table.identifier ~ '_at') -%}
    {%- set columns = build.columns | map(attribute='name') | list -%}
    {%- if columns != ['customer_id', 'feature_time'] + feature_names(feature_definition()) or is_scratch_schema() -%}
    drop function if exists {{ function }}(text, timestamptz);
    {%- else -%}
    create or replace function {{ function }}(customer_id text, feature_time timestamptz default now())
    returns setof {{ table.include(database=false) }}
    language sql stable parallel safe security definer rows 1
    set search_path = pg_catalog, pg_temp
    {{ lateral_join_clauses() }}
    as $features$
        with spine as (select cast(1 as bigint) as ordinal, $1 as customer_id, $2 as feature_time)

        select spine.customer_id, spine.feature_time, features.*
        from spine
        cross join (
            {{ features_at_query() }}
        ) as features
    $features$;
    comment on function {{ function }}(text, timestamptz) is {{ quote_literal(
        'The features of ' ~ build.feature_set ~ ' version ' ~ build.version ~ ', fingerprint ' ~ build.data_hash[:8]
        ~ ', of one customer: what was known before feature_time.'
    ) }};
    revoke all on function {{ function }}(text, timestamptz) from public;
    {%- endif -%}
{%- endmacro %}

{# The columns that point_in_time_features gives, in its order. #}
{% macro feature_names(definition) %}
    {% set days_since = ['days_since_last_order', 'days_since_first_order'] %}
    {% do return(aggregated_names(definition) + days_since + (definition.nth_last + definition.ratios) | map(attribute='name') | list) %}
{% endmacro %}
