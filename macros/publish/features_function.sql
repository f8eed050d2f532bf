{# Part of publishing: the features of one customer at any instant as a function of the database, by the query that the published
   table was built with; of a set of joined_features by the functions of its parts. It runs with its owner's rights, as readers of
   feats do not read stg. A table that has other columns than features.yaml says has no such function. #}
{% macro create_features_function(build) %}{{ return(adapter.dispatch('create_features_function')(build)) }}{% endmacro %}
{% macro default__create_features_function(build) %}{% endmacro %}

{% macro postgres__create_features_function(build) -%}
    {%- set defined = defined_columns(build.feature_set) -%}
    {%- set is_served = defined is not none and build.columns | map(attribute='name') | list == ['customer_id', 'feature_time'] + defined -%}
    {%- if is_served and not is_scratch_schema() -%}
    {%- set function = features_function(build.feature_set) -%}
    {#- A part that an earlier release has built has its function from its next build on. #}
    {{- 'set local check_function_bodies = off;' if node_meta(build.feature_set).get('joined') }}
    create or replace function {{ function }}(customer_id text, feature_time timestamptz default now())
    returns setof {{ relation_named(build.feature_set).include(database=false) }}
    language sql stable parallel safe security definer rows 1
    set search_path = pg_catalog, pg_temp
    {{ lateral_join_clauses() }}
    as $features$
        {{ features_of_one(build.feature_set) }}
    $features$;
    comment on function {{ function }}(text, timestamptz) is {{ quote_literal(
        'The features of ' ~ build.feature_set ~ ' version ' ~ build.version ~ ', fingerprint ' ~ build.data_hash[:8]
        ~ ', of one customer: what was known before feature_time.'
    ) }};
    revoke all on function {{ function }}(text, timestamptz) from public;
    {%- elif build.feature_set == 'customer_features' or defined is not none -%}
    drop function if exists {{ features_function(build.feature_set) }}(text, timestamptz);
    {%- endif -%}
{%- endmacro %}

{# One row of the features of the function's arguments. #}
{% macro features_of_one(feature_set) -%}
    {%- set parts = node_meta(feature_set).get('joined') -%}
    {%- if parts -%}
        select asked.customer_id, asked.feature_time
            {%- for part in parts %}{% for name in defined_columns(part) %}, {{ part }}.{{ adapter.quote(name) }}{% endfor %}{% endfor %}
        from (select $1 as customer_id, $2 as feature_time) as asked
        {%- for part in parts %}
        cross join {{ features_function(part) }}($1, $2) as {{ part }}
        {%- endfor %}
    {%- else -%}
        with spine as (select cast(1 as bigint) as ordinal, $1 as customer_id, $2 as feature_time)

        select spine.customer_id, spine.feature_time, features.*
        from spine
        cross join (
            {{ features_at_query(feature_set) }}
        ) as features
    {%- endif -%}
{%- endmacro %}

{% macro features_function(feature_set) -%}
    {%- set table = relation_named(feature_set) -%}
    {{ return(adapter.quote(table.schema) ~ '.' ~ adapter.quote(table.identifier ~ '_at')) }}
{%- endmacro %}

{# The columns beside its keys that a feature set has by features.yaml; none of one in SQL of one's own. #}
{% macro defined_columns(feature_set) %}
    {% set parts, names = node_meta(feature_set).get('joined'), [] %}
    {% if feature_set == 'customer_features' %}
        {% do return(feature_names(feature_definition())) %}
    {% elif is_of_source(feature_set) %}
        {% do return(source_columns(source_of_name(feature_set))) %}
    {% endif %}
    {% for part in parts or [none] %}
        {% set columns = defined_columns(part) if part else none %}
        {% if columns is none %}
            {% do return(none) %}
        {% endif %}
        {% do names.extend(columns) %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}

{# Feature sets in an order in which each comes after those that it is joined of. #}
{% macro parts_before_joined(builds) %}
    {% set ordered = [] %}
    {% for build in builds %}
        {% do ordered.append((upstream_nodes(graph.nodes['model.raw_to_ready.' ~ build.feature_set]) | length, loop.index, build)) %}
    {% endfor %}
    {% do return(ordered | sort | map('last') | list) %}
{% endmacro %}
