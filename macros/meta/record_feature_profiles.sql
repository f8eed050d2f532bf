{# Part of publishing a feature set, beside record_feature_version: how the values of each feature column are distributed,
   so that the next build can be compared with this one. Kept for every build, for ever; read once a build. #}
{% macro record_feature_profiles(build) -%}
    {%- set recorded = feature_profiles_recorded(build) or env_var('READY_SCRATCH', '') == 'true' -%}
    {%- for row in ([] if recorded else run_query(feature_profiles(build)).rows) %}
    insert into {{ source('meta', 'feature_profiles') }} (feature_set, feature_version, data_hash, column_name, profile)
    values (
        {{ quote_literal(build.feature_set) }}, {{ build.version }}, '{{ build.data_hash }}', {{ quote_literal(row[0]) }},
        cast({{ quote_literal(row[1]) }} as jsonb)
    )
    on conflict do nothing;
    {%- endfor %}
{%- endmacro %}

{% macro feature_profiles_recorded(build) %}
    {% set count = run_query(
        'select count(*) from ' ~ source('meta', 'feature_profiles') ~ ' where feature_set = ' ~ quote_literal(build.feature_set)
        ~ ' and feature_version = ' ~ build.version ~ " and data_hash = '" ~ build.data_hash ~ "'"
    ).rows[0][0] %}
    {% do return(count > 0) %}
{% endmacro %}
