{# The tables of schema meta on Spark: rows are only ever appended. What PostgreSQL updates is a view here, of the newest row
   of a key in NAME_log. See macros/meta/create_meta_tables.sql. #}
{% macro spark__create_meta_tables() -%}
    {%- if execute -%}
        {%- set meta = generate_schema_name('meta', none) | trim -%}
        {%- do run_query('create schema if not exists ' ~ meta) -%}
        {%- for name, columns in meta_columns().items() -%}
            {%- do run_query('create table if not exists ' ~ meta ~ '.' ~ name ~ ' (' ~ columns ~ ') using parquet' ~ (
                ' partitioned by (feature_set, feature_version, build_id)' if name == 'dataset_splits_log' else ''
            )) -%}
        {%- endfor -%}
        {%- do add_dataset_hash(meta) -%}
        {%- for name, query in meta_views(meta).items() -%}
            {%- do run_query('create view if not exists ' ~ meta ~ '.' ~ name ~ ' as ' ~ query) -%}
        {%- endfor -%}
        {#- Whatever this run does, the tables may no longer be what the mark stands for. -#}
        {%- do run_query('insert into ' ~ meta ~ '.build_state_log select null, ' ~ quote_literal(invocation_id) ~ ', current_timestamp()') -%}
    {%- endif -%}
{%- endmacro %}

{% macro meta_columns() %}
    {% set version = 'feature_set string, feature_version int, ' %}
    {% do return({
        'feature_registry': version ~ 'config_hash string, sql_hash string, lineage string, data_hash string, row_count bigint,
            columns string, load_ids array<bigint>, validation_passed boolean, git_commit string, git_dirty boolean,
            invocation_id string, created_at timestamp, config string',
        'current_versions_log': version ~ 'data_hash string, invocation_id string, built_at timestamp, splits_build_id string,
            dataset_hash string',
        'dataset_builds': version ~ 'data_hash string, dataset_hash string, labels_hash string, splits string,
            load_ids array<bigint>, loads string, invocation_id string, created_at timestamp',
        'dataset_splits_log': 'customer_id string, feature_time timestamp, split string, ' ~ version ~ 'build_id string',
        'dataset_split_summary': version ~ 'data_hash string, split string, time_from timestamp, time_to timestamp,
            row_count bigint, entity_count bigint, membership_hash string, embargo_days int, created_at timestamp,
            label_mean decimal(38, 6)',
        'dataset_label_summary': version ~ 'data_hash string, labels_hash string, row_count bigint, labelled_count bigint,
            created_at timestamp',
        'feature_profiles': version ~ 'data_hash string, column_name string, profile string, created_at timestamp',
        'feature_queries_log': version ~ 'planner_settings string, query string, recorded_at timestamp',
        'model_definitions_log': 'node_id string, relation string, sql_hash string, recorded_at timestamp',
        'model_sql_log': 'sql_hash string, sql string, recorded_at timestamp',
        'validation_results': 'invocation_id string, check_name string, column_name string, rule string, severity string,
            status string, failures bigint, rows_checked bigint, created_at timestamp, load_ids array<bigint>',
        'leakage_verdicts_log': 'node_id string, definition_hash string, definition string, verdict string, reason string,
            rows_compared bigint, checked_at timestamp',
        'reproductions': version ~ 'data_hash string, dataset_hash string, verdict string, differs string, code string,
            reproduced_at timestamp',
        'build_state_log': 'build_key string, invocation_id string, built_at timestamp',
    }) %}
{% endmacro %}

{# A warehouse of release 0.1.0 lacks it. #}
{% macro add_dataset_hash(meta) %}
    {% set columns = run_query('show columns in ' ~ meta ~ '.current_versions_log').columns[0].values() %}
    {% if 'dataset_hash' not in columns %}
        {% do run_query('alter table ' ~ meta ~ '.current_versions_log add columns (dataset_hash string)') %}
        {% do run_query('create or replace view ' ~ meta ~ '.current_versions as ' ~ meta_views(meta).current_versions) %}
    {% endif %}
{% endmacro %}

{# Of leakage_verdicts a leak that was found once holds, whatever a later check with fewer cutoffs finds. #}
{% macro meta_views(meta) %}
    {% do return({
        'current_versions': 'select feature_set, newest.* except (splits_build_id) from (
            select feature_set, max_by(struct(feature_version, data_hash, invocation_id, built_at, splits_build_id, dataset_hash), built_at) as newest
            from ' ~ meta ~ '.current_versions_log group by feature_set)',
        'dataset_splits': 'select rows.feature_set, rows.feature_version, rows.customer_id, rows.feature_time, rows.split
            from ' ~ meta ~ '.dataset_splits_log as rows inner join (
                select feature_set, feature_version, max_by(splits_build_id, built_at) as build_id
                from ' ~ meta ~ '.current_versions_log group by feature_set, feature_version
            ) as newest using (feature_set, feature_version, build_id)',
        'feature_queries': 'select feature_set, feature_version, newest.* except (recorded_at) from (
            select feature_set, feature_version, max_by(struct(planner_settings, query, recorded_at), recorded_at) as newest
            from ' ~ meta ~ '.feature_queries_log group by feature_set, feature_version)',
        'model_definitions': 'select node_id, newest.* from (
            select node_id, max_by(struct(relation, sql_hash, recorded_at), recorded_at) as newest
            from ' ~ meta ~ '.model_definitions_log group by node_id)',
        'model_sql': 'select sql_hash, min_by(sql, recorded_at) as sql from ' ~ meta ~ '.model_sql_log group by sql_hash',
        'leakage_verdicts': 'select node_id, definition_hash, newest.definition, coalesce(leak.verdict, newest.verdict) as verdict,
                coalesce(leak.reason, newest.reason) as reason, newest.rows_compared, newest.checked_at
            from (
                select node_id, definition_hash,
                    max_by(struct(definition, verdict, reason, rows_compared, checked_at), checked_at) as newest,
                    max_by(struct(verdict, reason), checked_at) filter (where verdict = \'leaking\') as leak
                from ' ~ meta ~ '.leakage_verdicts_log group by node_id, definition_hash)',
        'build_state': 'select * from (select max_by(struct(*), built_at) as newest from ' ~ meta ~ '.build_state_log)
            lateral view inline(array(newest)) as build_key, invocation_id, built_at where build_key is not null',
    }) %}
{% endmacro %}

{# on-run-start, before anything: without these settings results would be others than PostgreSQL's. They are set by
   profiles/profiles.yml and ready/spark/connection.py. #}
{% macro spark__migrate_meta() -%}
    {%- if execute -%}
        {%- for setting, value in {
            'spark.sql.session.timeZone': 'UTC',
            'spark.sql.ansi.enabled': 'false',
            'spark.sql.decimalOperations.allowPrecisionLoss': 'false',
            'spark.sql.variable.substitute': 'false',
        }.items() -%}
            {%- set held = run_query('set ' ~ setting).rows[0][1] -%}
            {%- if held != value -%}
                {%- do exceptions.raise_compiler_error('Spark must run with ' ~ setting ~ '=' ~ value ~ ', and has ' ~ held
                    ~ ': results would differ from PostgreSQL. Set it in spark-defaults.conf of the Thrift server.') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro spark__create_incremental_tables() %}{% endmacro %}
