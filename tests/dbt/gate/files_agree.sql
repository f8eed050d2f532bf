-- Which file wins where orders differ between files that came together: of an order in several the one loaded last. A later
-- delivery that brings orders up to date is no such case.
{{ config(fail_calc='coalesce(sum(orders), 0)') }}
{%- set parsed = ref('orders_parsed') %}
{%- if is_idle(model) %}
select
    parsed.*,
    0 as orders
from {{ parsed }} as parsed
where false
{%- else %}
select *
from (
    {{ records_that_files_change(parsed) }}
) as differing
where place = 1
order by orders desc, load_id asc, other_file_name asc
{%- endif %}
