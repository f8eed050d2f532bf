{# Part of publishing a feature set, beside record_feature_version: the query that `ready.features_at` runs, so that it
   computes the features with the very SQL that the published tables were built with. #}
{% macro record_features_query(build) -%}
    {%- set query = features_at_query(build.feature_set) -%}
    {%- if query %}
    insert into {{ source('meta', 'feature_queries') }} (feature_set, feature_version, planner_settings, query)
    values (
        {{ quote_literal(build.feature_set) }}, {{ build.version }}, {{ quote_literal(lateral_join_settings()) }},
        {{ quote_literal(query) }}
    )
    on conflict (feature_set, feature_version) do update
        set planner_settings = excluded.planner_settings, query = excluded.query;
    {%- endif %}
{%- endmacro %}

{# A select of the features of each row of `spine` (ordinal, customer_id, feature_time): on PostgreSQL in the order of ordinal,
   on Spark with it as a column. Every row is kept; a customer without purchases has no key, and so nothing is known of it. None of a
   feature set in SQL of one's own, or joined of others. #}
{% macro features_at_query(feature_set) -%}
    {%- if is_of_source(feature_set) -%}
    {{ return(source_features_at(source_of_name(feature_set))) }}
    {%- elif feature_set != 'customer_features' -%}
    {{ return(none) }}
    {%- endif -%}
    {#- Without the database, which may be copied under another name. #}
    {{ return(adapter.dispatch('features_at_query')(relation_read('customer_purchases').include(database=false))) }}
{%- endmacro %}

{% macro postgres__features_at_query(purchases) -%}
    with keyed as (
        select spine.ordinal, spine.feature_time, customer.customer_key
        from spine
        left join lateral (
            select customer_key
            from {{ purchases }}
            where customer_id = spine.customer_id and {{ is_first_known() }}
            limit 1
        ) as customer on true
        {#- Neighbours in the index one after the other. #}
        order by customer.customer_key, spine.feature_time
    )

    {{ point_in_time_features(feature_definition(), 'keyed', [], every_row=true, purchases=purchases) }}
    order by keyed.ordinal
{%- endmacro %}

{% macro spark__features_at_query(purchases) -%}
    with keyed as (
        select spine.ordinal, spine.feature_time, customers.customer_key
        from spine
        left join (
            select distinct customer_id, customer_key from {{ purchases }} where {{ is_first_known() }}
        ) as customers using (customer_id)
    )

    {{ point_in_time_features(feature_definition(), 'keyed', ['ordinal'], every_row=true, purchases=purchases) }}
{%- endmacro %}
