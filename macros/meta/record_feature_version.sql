{# Post-hook of customer_features, in the table's own transaction: one row in meta.feature_registry for each new
   (version, data); the version is the one this definition had before, else the next number. A recorded row is
   never changed, and a run that brings nothing new adds none. #}
{% macro record_feature_version() -%}
    {%- if execute -%}
    {%- set definition = feature_set_definition() -%}
    {%- set columns = adapter.get_columns_in_relation(this) -%}
    {#- Read on its own: a statement that also writes would not be run in parallel. -#}
    {%- set content = run_query('select count(*), ' ~ content_hash(typed_columns(columns)) ~ ' from ' ~ this).rows[0] -%}
    {%- for sql in definition.sql_texts %}
    {{ keep_sql(sql) }};
    {%- endfor %}

    with definition as (
        select
            {{ quote_literal(this.identifier) }} as feature_set,
            '{{ definition.config_hash }}' as config_hash,
            '{{ definition.sql_hash }}' as sql_hash
    ),

    version as (
        select
            definition.*,
            coalesce(
                min(registry.feature_version) filter (
                    where registry.config_hash = definition.config_hash and registry.sql_hash = definition.sql_hash
                ),
                max(registry.feature_version) + 1,
                1
            ) as feature_version
        from definition
        left join {{ source('meta', 'feature_registry') }} as registry on registry.feature_set = definition.feature_set
        group by definition.feature_set, definition.config_hash, definition.sql_hash
    ),

    published as (
        insert into {{ source('meta', 'current_versions') }} (feature_set, feature_version, data_hash, invocation_id)
        select feature_set, feature_version, '{{ content[1] }}', '{{ invocation_id }}'
        from version
        on conflict (feature_set) do update set
            feature_version = excluded.feature_version,
            data_hash = excluded.data_hash,
            invocation_id = excluded.invocation_id,
            built_at = excluded.built_at
    )

    insert into {{ source('meta', 'feature_registry') }} (
        feature_set, feature_version, config_hash, sql_hash, lineage, data_hash, row_count, columns, load_ids,
        validation_passed, git_commit, git_dirty, invocation_id, config
    )
    select
        version.feature_set,
        version.feature_version,
        version.config_hash,
        version.sql_hash,
        cast({{ quote_literal(tojson(definition.lineage)) }} as jsonb) || jsonb_build_object('loads', {{ active_loads_json() }}),
        '{{ content[1] }}',
        {{ content[0] }},
        cast({{ quote_literal(tojson(column_list(columns))) }} as jsonb),
        {{ active_load_ids() }},
        {{ gate_passed() }},
        nullif({{ quote_literal(env_var('READY_GIT_COMMIT', '')) }}, ''),
        cast(nullif({{ quote_literal(env_var('READY_GIT_DIRTY', '')) }}, '') as boolean),
        '{{ invocation_id }}',
        cast({{ quote_literal(definition.config) }} as json)
    from version
    on conflict (feature_set, feature_version, data_hash) do nothing
    {%- endif -%}
{%- endmacro %}

{% macro typed_columns(columns) %}
    {% set typed = [] %}
    {% for column in columns %}
        {% do typed.append((adapter.quote(column.name), column.data_type)) %}
    {% endfor %}
    {% do return(typed) %}
{% endmacro %}

{% macro column_list(columns) %}
    {% set listed = [] %}
    {% for column in columns %}
        {% do listed.append({'name': column.name, 'type': column.data_type}) %}
    {% endfor %}
    {% do return(listed) %}
{% endmacro %}

{% macro active_loads_json() -%}
    (
        select coalesce(
            jsonb_agg(
                jsonb_build_object('load_id', load_id, 'file_name', file_name, 'file_sha256', file_sha256)
                order by load_id
            ),
            '[]'
        )
        from {{ source('raw', 'loads') }}
        where {{ is_active_load() }} and source = {{ quote_literal(orders_mapping().source) }}
    )
{%- endmacro %}
