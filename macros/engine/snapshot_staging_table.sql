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
    {%- set among = snapshot_changes(strategy, source_sql, target_relation) -%}
    {{ among.statements }}
    create temporary table if not exists snapshot_differences on commit drop as
    select coalesce(source_data.{{ key }}, snapshotted_data.{{ key }}) as {{ key }}
    from (select * from ({{ source_sql }}) as source_rows where {{ among.condition }}) as source_data
    full join (
        select * from {{ target_relation }} where dbt_valid_to is null and {{ among.condition }}
    ) as snapshotted_data
        on snapshotted_data.{{ key }} = source_data.{{ key }}
    where
        source_data.{{ key }} is null or snapshotted_data.{{ key }} is null
        or ({{ strategy.row_changed }});
    analyze snapshot_differences
{%- endmacro %}

{# Among which rows a snapshot looks for differences: {statements, condition}. One of the orders as they are takes those that
   meta.order_changes names since the snapshot was last taken, and remembers in the same transaction how far it came. #}
{% macro snapshot_changes(strategy, source_sql, target_relation) %}
    {% set orders = relation_named('orders') %}
    {% if source_sql.split() != ['select', '*', 'from', orders | string] or strategy.unique_key != 'order_id' %}
        {% do return({'statements': '', 'condition': 'true'}) %}
    {% endif %}
    {% set held = held_state(target_relation) %}
    {% set state = {
        'definition_hash': local_md5(strategy.row_changed),
        'load_ids': [],
        'generation': (held_state(relation_named(changes_come_from())) or {}).get('generation'),
        'last_change': run_query('select ' ~ last_order_change()).rows[0][0],
        'data_end': none,
    } %}
    {% set changes %} from {{ source('meta', 'order_changes') }} where change_id > {{ held.last_change if held else 0 }}{% endset %}
    {% set known = held is not none and state.generation and held.generation == state.generation
        and held.definition_hash == state.definition_hash
        and run_query('select count(*)' ~ changes ~ ' and order_id is null').rows[0][0] == 0 %}
    {% do return({
        'statements': (record_table_state(target_relation, state) if state.generation else '') ~ ';',
        'condition': 'order_id in (select order_id' ~ changes ~ ')' if known else 'true',
    }) %}
{% endmacro %}
