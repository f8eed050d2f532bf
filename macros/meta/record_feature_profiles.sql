{# Part of publishing a feature set, beside record_feature_version: how the values of each feature column are distributed,
   so that the next build can be compared with this one. Kept for every build, for ever; read once a build. #}
{% macro record_feature_profiles(build) -%}
    {%- set lacking = lacks_profiles(build) -%}
    {%- if lacking -%}
        {#- Drawn on its own: as a part of a larger query it would not be drawn in parallel. -#}
        {%- do build.update({
            'sample': 'pg_temp.feature_sample',
            'counted': 'select * from ' ~ recorded_contents(build.features) if contents_recorded(build.features),
        }) -%}
        {%- do run_query('drop table if exists ' ~ build.sample ~ '; create table ' ~ build.sample ~ ' as ' ~ feature_sample(build)) -%}
    {%- endif -%}
    {%- for row in (run_query(feature_profiles(build)).rows if lacking else []) %}
    {{ insert_of_build('feature_profiles', build, {
        'column_name': quote_literal(row[0]), 'profile': 'cast(' ~ quote_literal(row[1]) ~ ' as jsonb)',
    }) }}
    on conflict do nothing;
    {%- endfor %}
{%- endmacro %}

{# Whether the profiles of a build are to be recorded: once, and not of a scratch build. #}
{% macro lacks_profiles(build) %}
    {% set count = run_query(
        'select count(*) from ' ~ source('meta', 'feature_profiles') ~ ' where feature_set = ' ~ quote_literal(build.feature_set)
        ~ ' and feature_version = ' ~ build.version ~ " and data_hash = '" ~ build.data_hash ~ "'"
    ).rows[0][0] %}
    {% do return(count == 0 and not is_scratch()) %}
{% endmacro %}
