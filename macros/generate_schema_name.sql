{# Schema names are taken as they are, with the prefix; what names no schema goes into the target's own. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name or env_var('READY_SCHEMA_PREFIX', '') -%}
        {{ schema_prefix() }}{{ (custom_schema_name or target.schema) | trim }}
    {%- else -%}
        {{ target.schema }}
    {%- endif -%}
{%- endmacro %}

{# What stands before stg, feats and meta: READY_SCHEMA_PREFIX, for scratch copies, else `pr12_` for a target with schema `pr12`,
   and nothing for the shipped targets, whose schema is stg. models/meta/_sources.yml has it too. #}
{% macro schema_prefix() -%}
    {{ return(env_var('READY_SCHEMA_PREFIX', '') or (target.schema ~ '_' if target.schema != 'stg' else '')) }}
{%- endmacro %}
