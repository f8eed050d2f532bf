{# dbt's own macro, widened by two thresholds of a test's `config: meta:`: `max_failures` rows, or `max_share` of the
   rows it looks at (0 to 1). Up to it the test warns and tells its count, past it it fails. A test with
   `on_fail: quarantine` and neither may set aside as many rows as there are. Failures are rows: dbt's accepted_values
   and unique return a value each, with the number of rows that have it. #}
{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {%- set meta = config.get('meta') or {} -%}
    {%- set condition = error_if -%}
    {%- if meta.get('max_share') is not none -%}
        {%- set condition = '> ' ~ meta.max_share ~ ' * (' ~ tested_rows() ~ ')' -%}
    {%- elif meta.get('max_failures') is not none -%}
        {%- set condition = '> ' ~ meta.max_failures -%}
    {%- elif meta.get('on_fail') == 'quarantine' -%}
        {%- set condition = 'is null' -%}
    {%- endif -%}
    {%- set failures = {'accepted_values': 'coalesce(sum(n_records), 0)', 'unique': 'coalesce(sum(n_records - 1), 0)'}.get(
        model.test_metadata.name
    ) if model.test_metadata and not model.test_metadata.namespace and fail_calc == 'count(*)' -%}
    {{ adapter.dispatch('get_test_sql', 'dbt')(main_sql, failures or fail_calc, warn_if, condition, limit) }}
{%- endmacro %}

{# How many rows the current test looks at. #}
{% macro tested_rows() -%}
    {%- set tested = graph.nodes[model.attached_node] -%}
    select count(*) from {{ tested.relation_name }}{{ ' where ' ~ config.get('where') if config.get('where') }}
{%- endmacro %}
