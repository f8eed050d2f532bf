{# Fresh statistics for the planner, within the transaction. #}
{% macro analyze(relation) %}{{ return(adapter.dispatch('analyze')(relation)) }}{% endmacro %}
{% macro postgres__analyze(relation) %}analyze {{ relation }}{% endmacro %}
{% macro spark__analyze(relation) %}{% endmacro %}
