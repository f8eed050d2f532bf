{# Part of publishing a feature set, in the transaction in which it takes over: one row in meta.feature_registry for
   each new (version, data). A recorded row is never changed, and a build that brings nothing new adds none. #}
{% macro record_feature_version(build) -%}
    {{ insert_of_build('current_versions', build, {'invocation_id': quote_literal(invocation_id)}) }}
    on conflict (feature_set) do update set
        feature_version = excluded.feature_version,
        data_hash = excluded.data_hash,
        invocation_id = excluded.invocation_id,
        built_at = excluded.built_at;

    {{ insert_of_build('feature_registry', build, {
        'config_hash': quote_literal(build.definition.config_hash),
        'sql_hash': quote_literal(build.definition.sql_hash),
        'lineage': json_literal(build.definition.lineage) ~ " || jsonb_build_object('loads', " ~ recorded_loads_json(build.feature_set) ~ ')',
        'row_count': build.row_count,
        'columns': json_literal(column_list(build.columns)),
        'load_ids': recorded_load_ids(build.feature_set),
        'validation_passed': gate_passed(),
        'git_commit': 'nullif(' ~ quote_literal(env_var('READY_GIT_COMMIT', '')) ~ ", '')",
        'git_dirty': 'cast(nullif(' ~ quote_literal(env_var('READY_GIT_DIRTY', '')) ~ ", '') as boolean)",
        'invocation_id': quote_literal(invocation_id),
        'config': 'cast(' ~ quote_literal(build.definition.config) ~ ' as json)',
    }) }}
    on conflict do nothing;
{%- endmacro %}

{# An insert of one row about a build. values: the SQL of each further column. #}
{% macro insert_of_build(name, build, values) -%}
    {%- set key = {'feature_set': quote_literal(build.feature_set), 'feature_version': build.version, 'data_hash': quote_literal(build.data_hash)} -%}
    insert into {{ source('meta', name) }} ({{ (key | list + values | list) | join(', ') }})
    values ({{ (key.values() | list + values.values() | list) | join(', ') }})
{%- endmacro %}

{% macro json_literal(value) %}cast({{ quote_literal(tojson(value)) }} as jsonb){% endmacro %}

{% macro column_list(columns) %}
    {% set listed = [] %}
    {% for column in columns %}
        {% do listed.append({'name': column.name, 'type': column.data_type}) %}
    {% endfor %}
    {% do return(listed) %}
{% endmacro %}
