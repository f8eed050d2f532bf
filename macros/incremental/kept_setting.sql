{# kept_by or loads_from of the model at work, from its `meta`: dbt knows no such settings of a config. #}
{% macro kept_setting(name) %}{% do return(own_meta(model).get(name) or config.get(name)) %}{% endmacro %}
