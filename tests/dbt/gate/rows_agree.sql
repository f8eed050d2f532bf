-- An order id that comes again in one file with another amount: the last row would win, and the others' amounts be lost. It may be the
-- lines of an order, mapped as orders. Where the file of expectations asks for unique ids, that rule reports it.
{{ config(fail_calc='count(distinct order_id)') }}
{%- set parsed = ref('orders_parsed') %}
{%- set rules = ['unique_within_load', 'unique', 'dbt_expectations.expect_column_values_to_be_unique'] %}
{%- if is_idle(model) or is_tested('order_id', rules) %}
select * from {{ parsed }}
where false
{%- else %}
{{ records_that_differ(
    parsed, ['amount'],
    differ='min(amount) <> max(amount)',
    differs='amount <> first_amount',
    key=['order_id', 'load_id']
) }}
{%- endif %}
