{# The published views are pointed at the accepted build one after the other, and what describes it is appended: last of all
   the row of current_versions, by which the split rows come to be seen. A run that is killed in between is made good by the
   next. See macros/publish/publish_accepted.sql. #}
{% macro spark__publish(nodes) -%}
    {%- set builds = feature_set_builds(nodes) -%}
    {%- for build in builds -%}
        {%- do build.update(splits_to_publish(build)) -%}
    {%- endfor -%}
    {%- set labels = labels_content(builds[0]) if builds else none -%}
    {%- for node in nodes -%}
        {%- do point_view(node_relation(node), built_tables(node_relation(node))[0]) -%}
    {%- endfor -%}
    {%- for build in builds -%}
        {%- if build.feature_set != 'customer_features' -%}
            {%- do create_own_training_set(build) -%}
        {%- endif -%}
        {%- set query = features_at_query(build.feature_set) -%}
        {%- if query -%}
            {%- do run_query(new_rows(
                generate_schema_name('meta', none) | trim, 'feature_queries', 'feature_set, feature_version, planner_settings, query',
                ['(' ~ quote_literal(build.feature_set) ~ ', ' ~ build.version ~ ", '', " ~ quote_literal(query) ~ ')']
            )) -%}
        {%- endif -%}
        {%- do append_build(build, labels) -%}
    {%- endfor -%}
    {%- for node in nodes -%}
        {%- do adapter.drop_relation(current_candidate(node_relation(node))) -%}
    {%- endfor -%}
{%- endmacro %}

{# Spark keeps no record of which loads a table holds: what is published goes by the loads and verdicts of now. #}
{% macro spark__doubt_about_loads(nodes) %}
    {% if is_scratch() or reads_deferred(nodes[0]) or run_query('select ' ~ gate_passed()).rows[0][0] %}
        {% do return(none) %}
    {% endif %}
    {% do return('the gate has not passed the loads of now: dbt build judges and builds all, ready validate judges alone') %}
{% endmacro %}

{# Writes the split rows of a build, unless its version holds the same ones already: {splits, splits_build_id}. They are not
   seen before the build's row of current_versions is there. #}
{% macro splits_to_publish(build) %}
    {% set version = 'feature_set = ' ~ quote_literal(build.feature_set) ~ ' and feature_version = ' ~ build.version %}
    {% set summary = run_query(split_summary(build, split_definition())) %}
    {% set held = run_query(
        'select max_by(splits_build_id, built_at) from ' ~ source('meta', 'current_versions') ~ '_log where ' ~ version
    ).rows[0][0] %}
    {% if held and membership_hashes(summary) == membership_hashes(run_query(hashed_membership(version))) %}
        {% do return({'splits': summary, 'splits_build_id': held}) %}
    {% endif %}
    {% do run_query(
        'insert into ' ~ source('meta', 'dataset_splits') ~ '_log partition (feature_set = ' ~ quote_literal(build.feature_set)
        ~ ', feature_version = ' ~ build.version ~ ', build_id = ' ~ quote_literal(invocation_id) ~ ')'
        ~ ' select customer_id, feature_time, split from ' ~ split_rows(build, build.features, build.training_set)
        ~ ' where split is not null'
    ) %}
    {% do return({'splits': summary, 'splits_build_id': invocation_id}) %}
{% endmacro %}

{# labels: rows, hash and number of those that are known, of all feature sets. #}
{% macro append_build(build, labels) %}
    {% if not is_recorded('feature_registry', build) %}
        {% do run_query(registry_row(build)) %}
    {% endif %}
    {% for row in build.splits.rows if not is_recorded('dataset_split_summary', build, {'split': row[0], 'membership_hash': row[1]}) %}
        {% do run_query(split_summary_row(build, row)) %}
    {% endfor %}
    {% if lacks_profiles(build) %}
        {% do run_query('insert into ' ~ source('meta', 'feature_profiles') ~ ' select ' ~ build_key_values(build)
            ~ ', column_name, profile, current_timestamp() from (' ~ feature_profiles(build) ~ ') as profiles') %}
    {% endif %}
    {% if build.feature_set == 'customer_features' and not is_recorded('dataset_label_summary', build, {'labels_hash': labels[1]}) %}
        {% do run_query('insert into ' ~ source('meta', 'dataset_label_summary') ~ ' select ' ~ build_key_values(build)
            ~ ', ' ~ quote_literal(labels[1]) ~ ', ' ~ labels[0] ~ ', ' ~ labels[2] ~ ', current_timestamp()') %}
    {% endif %}
    {% set loads = active_load_list(build.feature_set) %}
    {% set dataset = dataset_of(build, labels[1], loads | map(attribute='load_id') | join(','), zone='+00') %}
    {% if not is_recorded('dataset_builds', build, {'dataset_hash': dataset.dataset_hash}) %}
        {% do run_query(dataset_row(build, dataset, loads)) %}
    {% endif %}
    {% do run_query('insert into ' ~ source('meta', 'current_versions') ~ '_log select ' ~ build_key_values(build) ~ ', '
        ~ quote_literal(invocation_id) ~ ', current_timestamp(), ' ~ quote_literal(build.splits_build_id) ~ ', '
        ~ quote_literal(dataset.dataset_hash)) %}
{% endmacro %}

{% macro build_key_values(build) -%}
    {{ return(quote_literal(build.feature_set) ~ ', ' ~ build.version ~ ', ' ~ quote_literal(build.data_hash)) }}
{%- endmacro %}

{# Whether a table of meta has a row of this build, with these further values. #}
{% macro is_recorded(name, build, values={}) %}
    {% set conditions = ['(feature_set, feature_version, data_hash) = (' ~ build_key_values(build) ~ ')'] %}
    {% for column, value in values.items() %}
        {% do conditions.append(column ~ ' = ' ~ quote_literal(value)) %}
    {% endfor %}
    {% do return(
        run_query('select count(*) from ' ~ source('meta', name) ~ ' where ' ~ conditions | join(' and ')).rows[0][0] > 0
    ) %}
{% endmacro %}

{% macro registry_row(build) -%}
    insert into {{ source('meta', 'feature_registry') }} (
        feature_set, feature_version, data_hash, config_hash, sql_hash, lineage, row_count, columns, load_ids,
        validation_passed, git_commit, git_dirty, invocation_id, created_at, config
    )
    select
        {{ build_key_values(build) }},
        {{ quote_literal(build.definition.config_hash) }},
        {{ quote_literal(build.definition.sql_hash) }},
        {{ quote_literal(tojson(dict(build.definition.lineage, loads=active_load_list(build.feature_set)))) }},
        {{ build.row_count }},
        {{ quote_literal(tojson(column_list(build.columns))) }},
        cast(array({{ active_load_list(build.feature_set) | map(attribute='load_id') | join(', ') }}) as array<bigint>),
        {{ run_query('select ' ~ gate_passed()).rows[0][0] | lower }},
        nullif({{ quote_literal(env_var('READY_GIT_COMMIT', '')) }}, ''),
        cast(nullif({{ quote_literal(env_var('READY_GIT_DIRTY', '')) }}, '') as boolean),
        {{ quote_literal(invocation_id) }},
        current_timestamp(),
        {{ quote_literal(build.definition.config) }}
{%- endmacro %}

{% macro dataset_row(build, dataset, loads) -%}
    insert into {{ source('meta', 'dataset_builds') }} (
        feature_set, feature_version, data_hash, dataset_hash, labels_hash, splits, load_ids, loads, invocation_id, created_at
    )
    select
        {{ build_key_values(build) }}, {{ quote_literal(dataset.dataset_hash) }}, {{ quote_literal(dataset.labels_hash) }},
        {{ quote_literal(tojson(dataset.splits)) }},
        cast(array({{ loads | map(attribute='load_id') | join(', ') }}) as array<bigint>), {{ quote_literal(tojson(loads)) }},
        {{ quote_literal(invocation_id) }}, current_timestamp()
{%- endmacro %}

{# The loads that a feature set is made of: those of the orders that are active, and of its sources those that have rows. #}
{% macro active_load_list(feature_set) %}
    {% set loads = [] %}
    {% set conditions = [is_active_load() ~ ' and source = ' ~ quote_literal(orders_mapping().source)] %}
    {% for name in sources_above(feature_set) %}
        {% do conditions.append('load_id in (select load_id from ' ~ relation_of(name ~ '_parsed') ~ ')') %}
    {% endfor %}
    {% for row in run_query(
        'select load_id, file_name, file_sha256 from ' ~ source('raw', 'loads') ~ ' where ('
        ~ conditions | join(') or (') ~ ') order by load_id'
    ).rows %}
        {% do loads.append({'load_id': row[0] | int, 'file_name': row[1], 'file_sha256': row[2]}) %}
    {% endfor %}
    {% do return(loads) %}
{% endmacro %}

{% macro split_summary_row(build, row) -%}
    insert into {{ source('meta', 'dataset_split_summary') }} (
        feature_set, feature_version, data_hash, split, membership_hash, row_count, entity_count, label_mean,
        time_from, time_to, embargo_days, created_at
    )
    select
        {{ build_key_values(build) }}, {{ quote_literal(row[0]) }}, {{ quote_literal(row[1]) }}, {{ row[2] }}, {{ row[3] }},
        cast({{ row[4] if row[4] is not none else 'null' }} as decimal(38, 6)),
        cast({{ quote_literal(row[5]) }} as timestamp), cast({{ quote_literal(row[6]) }} as timestamp),
        {{ split_definition().embargo }}, current_timestamp()
{%- endmacro %}

{# A table of this build, whose files are read by the export. #}
{% macro spark__show_training_set(view, query) -%}
    {%- do run_query(create_build_table(view, query)) -%}
    {%- do point_view(view, build_table(view)) -%}
    {%- do drop_old_builds(view) -%}
{%- endmacro %}
