{# Post-hook of every model: the hash and text of the SQL that the table was just built with. A later post-hook sees the
   compiled SQL of its own model only, so the registry reads its upstream's from here. #}
{% macro record_model_definition() -%}
    {{ return(adapter.dispatch('record_model_definition')()) }}
{%- endmacro %}

{% macro postgres__record_model_definition() -%}
    {%- if execute -%}
        insert into {{ source('meta', 'model_definitions') }} as recorded (node_id, relation, sql_hash)
        values ({{ quote_literal(model.unique_id) }}, {{ quote_literal(this.include(database=false)) }}, '{{ local_md5(normalized_sql(model.compiled_code)) }}')
        on conflict (node_id) do update
            set relation = excluded.relation, sql_hash = excluded.sql_hash, recorded_at = excluded.recorded_at
            where (recorded.relation, recorded.sql_hash) <> (excluded.relation, excluded.sql_hash);
        {{ keep_sql(model.compiled_code) }}
    {%- endif -%}
{%- endmacro %}
