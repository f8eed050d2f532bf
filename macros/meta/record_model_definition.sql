{# Post-hook of every model, seed and snapshot: the hash and text of the SQL that the table was just built with, of the latter two
   their loaded_hash, and the loads that are in it. A later post-hook sees the compiled SQL of its own model only, so the registry reads its upstream's from here. #}
{% macro record_model_definition() %}{{ return(adapter.dispatch('record_model_definition')()) }}{% endmacro %}

{% macro postgres__record_model_definition() -%}
    {%- if execute -%}
        {%- set is_model = model.resource_type == 'model' -%}
        insert into {{ source('meta', 'model_definitions') }} as recorded (node_id, relation, sql_hash, load_ids, made_of)
        values ({{ quote_literal(model.unique_id) }}, {{ quote_literal(this.include(database=false)) }}, '{{ local_md5(normalized_sql(model.compiled_code)) if is_model else loaded_hash(model) }}', {{ loads_in_table() }}, {{ made_of(graph.nodes[model.unique_id]) }})
        on conflict (node_id) do update
            set relation = excluded.relation, sql_hash = excluded.sql_hash, load_ids = excluded.load_ids, made_of = excluded.made_of, recorded_at = excluded.recorded_at
            where (recorded.relation, recorded.sql_hash, recorded.load_ids, recorded.made_of)
                is distinct from (excluded.relation, excluded.sql_hash, excluded.load_ids, excluded.made_of);
        {{ keep_sql(model.compiled_code) if is_model }}
    {%- endif -%}
{%- endmacro %}

{# What candidates that are dropped were built with is not what the published tables were built with, which is not known any more. #}
{% macro forget_model_definitions(nodes) %}{{ return(adapter.dispatch('forget_model_definitions')(nodes)) }}{% endmacro %}

{% macro postgres__forget_model_definitions(nodes) %}
    {% do run_query(
        'delete from ' ~ source('meta', 'model_definitions') ~ " where node_id in ('" ~ nodes | map(attribute='unique_id') | join("', '") ~ "'); commit"
    ) %}
{% endmacro %}

{# The loads that a table holds, as they were read when it was built; for the post-hook of its model. #}
{% macro loads_in_table() -%}
    {%- if model.config.materialized == 'kept' and not goes_by_changes(kept_setting('kept_by')) -%}
        (select load_ids from {{ source('meta', 'table_states') }} where relation = {{ quote_literal(state_key(this)) }})
    {%- else -%}
        {%- set node = graph.nodes[model.unique_id] -%}
        {%- set read = (tables_behind_gate(node) or tables_behind_gate(node, source_at_work())) | map(attribute='unique_id') | list -%}
        (
            select case when count(distinct load_ids) = 1 then min(load_ids) end
            from {{ source('meta', 'model_definitions') }}
            where node_id in ('{{ read | join("', '") }}')
        )
    {%- endif -%}
{%- endmacro %}

{# What is on record of the tables that a node reads, as one hash: another one once one of them was built of other loads, by other SQL
   or of other tables in turn. None where no source beside the orders is above it: those of the orders go by their loads. #}
{% macro made_of(node) -%}
    {%- if not sources_of([node]) -%}
        null
    {%- else -%}
        (
            select md5(string_agg(concat_ws(' ', node_id, sql_hash, array_to_string(load_ids, ','), made_of), ';' order by node_id))
            from {{ source('meta', 'model_definitions') }}
            where node_id in ({{ quote_literals(tables_read(node) | map(attribute='unique_id') | list) }})
        )
    {%- endif -%}
{%- endmacro %}
