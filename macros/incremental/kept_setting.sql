{# kept_by or loads_from of the model at work, which its `meta` has: dbt knows no such settings of a config. #}
{% macro kept_setting(name) %}{% do return((config.get('meta') or {}).get(name) or config.get(name)) %}{% endmacro %}
