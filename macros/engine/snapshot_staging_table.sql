{# dbt's own query for a snapshot joins all rows to all open states three times over. Here it is told only of the rows that
   are new, changed or gone, found beforehand by one join, which runs in parallel. Snapshots with options that this does
   not know are left to dbt. #}
{% macro postgres__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- if strategy.unique_key is string and strategy.hard_deletes != 'new_record' and not config.get('dbt_valid_to_current') -%}
        {%- do run_query(create_snapshot_differences(strategy, source_sql, target_relation)) -%}
        {%- set differs = strategy.unique_key ~ ' in (select ' ~ strategy.unique_key ~ ' from snapshot_differences)' -%}
        {{ default__snapshot_staging_table(
            strategy,
            'select * from (' ~ source_sql ~ ') as source_data where ' ~ differs,
            '(select * from ' ~ target_relation ~ ' where ' ~ differs ~ ') as differing'
        ) }}
    {%- else -%}
        {{ default__snapshot_staging_table(strategy, source_sql, target_relation) }}
    {%- endif -%}
{%- endmacro %}

{# The keys of what is new, changed or gone. dbt asks for its query twice in a transaction. #}
{% macro create_snapshot_differences(strategy, source_sql, target_relation) -%}
    {%- set key = strategy.unique_key -%}
    create temporary table if not exists snapshot_differences on commit drop as
    select coalesce(source_data.{{ key }}, snapshotted_data.{{ key }}) as {{ key }}
    from ({{ source_sql }}) as source_data
    full join (select * from {{ target_relation }} where dbt_valid_to is null) as snapshotted_data
        on snapshotted_data.{{ key }} = source_data.{{ key }}
    where
        source_data.{{ key }} is null or snapshotted_data.{{ key }} is null
        or ({{ strategy.row_changed }});
    analyze snapshot_differences
{%- endmacro %}
