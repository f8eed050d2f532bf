{# dbt's own query for a snapshot joins all rows to all open states three times over. Here it is told only of the rows that
   are new, changed or gone, found by one hash join from either side. Snapshots with options that this does not know are
   left to dbt. #}
{% macro postgres__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- if strategy.unique_key is string and strategy.hard_deletes != 'new_record' and not config.get('dbt_valid_to_current') -%}
        {%- set joined = 'snapshotted_data.' ~ strategy.unique_key ~ ' = source_data.' ~ strategy.unique_key -%}
        {%- set new_or_changed -%}
            select source_data.* from ({{ source_sql }}) as source_data
            left join (select * from {{ target_relation }} where dbt_valid_to is null) as snapshotted_data on {{ joined }}
            where snapshotted_data.{{ strategy.unique_key }} is null or ({{ strategy.row_changed }})
        {%- endset -%}
        {%- set changed_or_gone -%}
            (
                select snapshotted_data.* from {{ target_relation }} as snapshotted_data
                left join ({{ source_sql }}) as source_data on {{ joined }}
                where dbt_valid_to is null and (source_data.{{ strategy.unique_key }} is null or ({{ strategy.row_changed }}))
            ) as changed_or_gone
        {%- endset -%}
        {{ default__snapshot_staging_table(strategy, new_or_changed, changed_or_gone) }}
    {%- else -%}
        {{ default__snapshot_staging_table(strategy, source_sql, target_relation) }}
    {%- endif -%}
{%- endmacro %}
