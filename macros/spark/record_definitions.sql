{# On Spark models do not record themselves: two that finish at once would write one table at once. #}
{% macro spark__record_model_definition() %}{% endmacro %}

{# on-run-end, before publish_accepted: the hash and text of the SQL that each table was built with, where an engine's
   models do not record it themselves. #}
{% macro record_model_definitions(results) %}{{ return(adapter.dispatch('record_model_definitions')(results)) }}{% endmacro %}
{% macro default__record_model_definitions(results) %}{% endmacro %}

{% macro spark__record_model_definitions(results) -%}
    {%- set definitions = [] -%}
    {%- set texts = {} -%}
    {%- for result in (results if execute else []) if result.node.resource_type in ['model', 'seed', 'snapshot'] and result.status == 'success' -%}
        {%- set sql = result.node.compiled_code if result.node.resource_type == 'model' else none -%}
        {%- set sql_hash = local_md5(normalized_sql(sql)) if sql else loaded_hash(result.node) -%}
        {%- do definitions.append('(' ~ [
            quote_literal(result.node.unique_id), quote_literal(result.node.relation_name), quote_literal(sql_hash)
        ] | join(', ') ~ ')') -%}
        {%- if sql -%}
            {%- do texts.update({sql_hash: '(' ~ quote_literal(sql_hash) ~ ', ' ~ quote_literal(published_names(sql | trim)) ~ ')'}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if definitions -%}
        {%- set meta = generate_schema_name('meta', none) | trim -%}
        {%- do run_query(new_rows(meta, 'model_definitions', 'node_id, relation, sql_hash', definitions)) -%}
        {%- if texts -%}
            {%- do run_query(new_rows(meta, 'model_sql', 'sql_hash, sql', texts.values() | list, key='sql_hash')) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# An empty hash is nobody's. #}
{% macro spark__forget_model_definitions(nodes) %}
    {% set rows = [] %}
    {% for node in nodes %}
        {% do rows.append("('" ~ node.unique_id ~ "', '" ~ node.relation_name ~ "', '')") %}
    {% endfor %}
    {% do run_query(new_rows(generate_schema_name('meta', none) | trim, 'model_definitions', 'node_id, relation, sql_hash', rows)) %}
{% endmacro %}

{# Appends the rows whose key the newest ones lack. #}
{% macro new_rows(meta, name, columns, rows, key=none) -%}
    insert into {{ meta }}.{{ name }}_log
    select /*+ coalesce(1) */ given.*, current_timestamp()
    from (values {{ rows | join(', ') }}) as given ({{ columns }})
    left anti join {{ meta }}.{{ name }} as held using ({{ key or columns }})
{%- endmacro %}
