{# Fresh statistics, and the visibility map that index-only scans need. Outside a transaction. #}
{% macro vacuum_analyze(relation) %}{{ return(adapter.dispatch('vacuum_analyze')(relation)) }}{% endmacro %}
{% macro postgres__vacuum_analyze(relation) %}vacuum (analyze) {{ relation }}{% endmacro %}
{% macro spark__vacuum_analyze(relation) %}{% endmacro %}
