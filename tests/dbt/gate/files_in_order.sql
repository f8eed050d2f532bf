-- A file that is loaded after another, has orders in common with it and is older by its own newest order: the older state of these
-- orders wins.
{%- set parsed = ref('orders_parsed') %}
{%- if is_idle(model) %}
select * from {{ parsed }}
where false
{%- else %}
{{ files_out_of_order(parsed) }}
{%- endif %}
