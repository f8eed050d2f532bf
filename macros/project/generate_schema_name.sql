{# Schema names are taken as they are, with the prefix; what names no schema goes into the target's own. Where this project is a
   package of another that has such a macro, that one names them. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set theirs = raw_to_ready.root_macro('generate_schema_name') -%}
    {%- if theirs and not env_var('READY_SCHEMA_PREFIX', '') -%}
        {{ theirs(custom_schema_name, node or raw_to_ready.node_in_schema(custom_schema_name)) | trim }}
    {%- elif custom_schema_name or env_var('READY_SCHEMA_PREFIX', '') -%}
        {{ raw_to_ready.schema_prefix() }}{{ (custom_schema_name or target.schema) | trim }}
    {%- else -%}
        {{ target.schema }}
    {%- endif -%}
{%- endmacro %}

{# What is before stg, feats and meta: READY_SCHEMA_PREFIX, for scratch copies, else `pr12_` for a target with schema `pr12`,
   and nothing for the shipped targets, whose schema is stg. models/meta/_sources.yml has it too. #}
{% macro schema_prefix() -%}
    {% if raw_to_ready.root_macro('generate_schema_name') and not env_var('READY_SCHEMA_PREFIX', '') %}
        {{ return((raw_to_ready.generate_schema_name('stg', none) | trim).removesuffix('stg')) }}
    {% endif %}
    {{ return(env_var('READY_SCHEMA_PREFIX', '') or (target.schema ~ '_' if target.schema != 'stg' else '')) }}
{%- endmacro %}

{# The schema of what builds record. #}
{% macro meta_schema() %}{{ return(raw_to_ready.generate_schema_name('meta', none) | trim) }}{% endmacro %}

{# What a macro that names schemas may ask of a node, for the tables of meta, which are no nodes. #}
{% macro node_in_schema(name) %}
    {% do return({
        'resource_type': 'model', 'package_name': 'raw_to_ready', 'name': name, 'path': name ~ '.sql', 'fqn': ['raw_to_ready', name],
        'original_file_path': 'models/' ~ name ~ '.sql', 'tags': [], 'meta': {}, 'config': {'schema': name, 'meta': {}, 'tags': []},
    }) %}
{% endmacro %}
