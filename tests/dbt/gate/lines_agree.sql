-- The lines of an order have one status and one currency, in whatever files they stand: the first line's stands for the order. A
-- line that says nothing agrees with all, one that a later file corrects is not looked at. A status that counts line by line
-- may differ.
{%- set by_line = orders_mapping()['columns'].status.get('of') == 'line' %}
{%- if order_grain() == 'order' %}
select * from {{ ref('orders_parsed') }}
where false
{%- else %}
with parsed_lines as (
    select * from {{ ref('orders_parsed') }}
    where order_id is not null
),

standing as (
    {{ standing_lines('parsed_lines') }}
)
{% for column in (['currency'] if by_line else ['status', 'currency']) %}
select order_id, {{ column }} as differing, file_name, load_id, line_number, other_file_name, other_line_number
from (
    {{ records_that_differ(
        'standing', [column],
        differ='min(' ~ column ~ ') <> max(' ~ column ~ ')',
        differs=column ~ ' <> first_' ~ column
    ) }}
) as by_{{ column }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endif %}
