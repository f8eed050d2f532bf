{# Schema names are taken as they are on every target; READY_SCHEMA_PREFIX makes scratch copies. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ env_var('READY_SCHEMA_PREFIX', '') }}{{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
