-- The lines of an order in one file have one status and one currency: the first line's stands for the order. A line that says
-- nothing agrees with all. A status that counts line by line may differ.
{%- set parsed = ref('orders_parsed') %}
{%- set by_line = orders_mapping()['columns'].status.get('of') == 'line' %}
{%- if order_grain() == 'order' %}
select * from {{ parsed }}
where false
{%- else %}
{%- for column in (['currency'] if by_line else ['status', 'currency']) %}
select order_id, {{ column }} as differing, file_name, load_id, line_number, other_file_name, other_line_number
from (
    {{ records_that_differ(
        parsed, [column],
        differ='min(' ~ column ~ ') <> max(' ~ column ~ ')',
        differs=column ~ ' <> first_' ~ column,
        key=['order_id', 'load_id']
    ) }}
) as by_{{ column }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endif %}
