{# The type of an instant: a timestamp with time zone. #}
{% macro type_instant() %}{{ return(adapter.dispatch('type_instant')()) }}{% endmacro %}
{% macro postgres__type_instant() %}timestamptz{% endmacro %}
{% macro spark__type_instant() %}timestamp{% endmacro %}
