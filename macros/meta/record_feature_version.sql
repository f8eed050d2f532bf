{# Part of publishing a feature set, in the transaction in which it takes over: one row in meta.feature_registry for
   each new (version, data). A recorded row is never changed, and a build that brings nothing new adds none. #}
{% macro record_feature_version(build) -%}
    insert into {{ source('meta', 'current_versions') }} (feature_set, feature_version, data_hash, invocation_id)
    values ({{ quote_literal(build.feature_set) }}, {{ build.version }}, '{{ build.data_hash }}', '{{ invocation_id }}')
    on conflict (feature_set) do update set
        feature_version = excluded.feature_version,
        data_hash = excluded.data_hash,
        invocation_id = excluded.invocation_id,
        built_at = excluded.built_at;

    insert into {{ source('meta', 'feature_registry') }} (
        feature_set, feature_version, config_hash, sql_hash, lineage, data_hash, row_count, columns, load_ids,
        validation_passed, git_commit, git_dirty, invocation_id, config
    )
    values (
        {{ quote_literal(build.feature_set) }},
        {{ build.version }},
        '{{ build.definition.config_hash }}',
        '{{ build.definition.sql_hash }}',
        cast({{ quote_literal(tojson(build.definition.lineage)) }} as jsonb) || jsonb_build_object('loads', {{ recorded_loads_json() }}),
        '{{ build.data_hash }}',
        {{ build.row_count }},
        cast({{ quote_literal(tojson(column_list(build.columns))) }} as jsonb),
        {{ recorded_load_ids() }},
        {{ gate_passed() }},
        nullif({{ quote_literal(env_var('READY_GIT_COMMIT', '')) }}, ''),
        cast(nullif({{ quote_literal(env_var('READY_GIT_DIRTY', '')) }}, '') as boolean),
        '{{ invocation_id }}',
        cast({{ quote_literal(build.definition.config) }} as json)
    )
    on conflict do nothing;
{%- endmacro %}

{% macro column_list(columns) %}
    {% set listed = [] %}
    {% for column in columns %}
        {% do listed.append({'name': column.name, 'type': column.data_type}) %}
    {% endfor %}
    {% do return(listed) %}
{% endmacro %}
