{# A duration of n days of 24 hours, whatever the session's time zone does at a clock change. #}
{% macro days(n) %}{{ return(adapter.dispatch('days')(n)) }}{% endmacro %}
{% macro postgres__days(n) %}interval '{{ n * 24 }} hours'{% endmacro %}
{% macro spark__days(n) %}interval '{{ n * 24 }}' hour{% endmacro %}
