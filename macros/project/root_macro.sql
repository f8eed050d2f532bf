{# A macro of the project that has this one as a package; none in a checkout. Not for what this project is called itself. #}
{% macro root_macro(name) %}
    {% do return(none if raw_to_ready.is_root_project() else (context.get(project_name) or {}).get(name)) %}
{% endmacro %}

{% macro is_root_project() %}{% do return(project_name == 'raw_to_ready') %}{% endmacro %}
