-- Where the id of an order is made of its place in a file, a record that two exports have is two orders. Records that are equal in all
-- columns of the file are reported at the later place.
{%- set parsed = ref('orders_parsed') %}
{%- if is_idle(model) %}
select * from {{ parsed }}
where false
{%- else %}
select *
from (
    {{ records_of_several_files(parsed, 'select loads.load_id from ' ~ loads_of_orders() ~ ' as loads') }}
) as repeated
where records >= {{ rule_setting('records', 10) }}
order by load_id, line_number
{%- endif %}
