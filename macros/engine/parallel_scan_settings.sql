{# Planner settings for a select that ends in one process, such as a window over all rows or the sums of a content hash: what it
   reads is scanned, sorted and hashed in parallel. Until the transaction's end; with scope='session' the connection's. #}
{% macro parallel_scan_settings(scope='local') %}{{ return(adapter.dispatch('parallel_scan_settings')(scope)) }}{% endmacro %}
{% macro postgres__parallel_scan_settings(scope) %}set {{ scope }} parallel_tuple_cost = 0.001{% endmacro %}
{% macro default__parallel_scan_settings(scope) %}{% endmacro %}
