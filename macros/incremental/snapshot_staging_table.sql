{# dbt's own query for a snapshot joins all rows to all open states three times over. Here it gets only the rows that
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
    {%- set may_differ = snapshot_may_differ(strategy, source_sql, target_relation) %}
    create temporary table if not exists snapshot_differences on commit drop as
    select coalesce(source_data.{{ key }}, snapshotted_data.{{ key }}) as {{ key }}
    from (select * from ({{ source_sql }}) as source_rows where {{ may_differ }}) as source_data
    full join (
        select * from {{ target_relation }} where dbt_valid_to is null and {{ may_differ }}
    ) as snapshotted_data
        on snapshotted_data.{{ key }} = source_data.{{ key }}
    where
        source_data.{{ key }} is null or snapshotted_data.{{ key }} is null
        or ({{ strategy.row_changed }});
    analyze snapshot_differences
{%- endmacro %}

{# The condition for rows among which a snapshot looks for differences. One of the orders as they are takes those that
   meta.order_changes names since the snapshot was last taken. #}
{% macro snapshot_may_differ(strategy, source_sql, target_relation) %}
    {% set orders = relation_named('orders') %}
    {% if source_sql.split() != ['select', '*', 'from', orders | string] or strategy.unique_key != 'order_id' %}
        {% do return('true') %}
    {% endif %}
    {% set earlier = recorded_state(target_relation) %}
    {% set state = snapshot_state() %}
    {% if not earlier or not earlier.generation or earlier.generation != state.generation or earlier.definition_hash != state.definition_hash %}
        {% do return('true') %}
    {% endif %}
    {% set changes %} from {{ source('meta', 'order_changes') }} where source = 'orders' and change_id > {{ earlier.last_change }}{% endset %}
    {% set unnamed = run_query('select count(*)' ~ changes ~ ' and order_id is null').rows[0][0] %}
    {% do return('true' if unnamed else 'order_id in (select order_id' ~ changes ~ ')') %}
{% endmacro %}

{# A post-hook of a snapshot of the orders, in its transaction: remembers how far it came. dbt builds the first one by other
   means, and that counts too. #}
{% macro record_snapshot_state(relation) -%}
    {%- set state = snapshot_state() if execute -%}
    {%- if state and state.generation -%}
        {{ record_table_state(relation, state) }}
    {%- endif -%}
{%- endmacro %}

{# A table_state of the snapshot that is being taken; definition_hash: of what makes a difference in it. #}
{% macro snapshot_state() %}
    {% set settings = model.config %}
    {% do return({
        'definition_hash': local_md5(tojson([settings.strategy, settings.get('check_cols'), settings.get('updated_at'), settings.get('hard_deletes')])),
        'loads': [],
        'generation': (recorded_state(relation_named(changes_come_from())) or {}).get('generation'),
        'last_change': run_query('select ' ~ last_order_change()).rows[0][0],
        'data_end': none,
    }) %}
{% endmacro %}
