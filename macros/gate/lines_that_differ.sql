{# A select of one line for each order and column whose lines say different things in it: the first that differs, beside the place of
   the first that says something. Of the current lines, and none at grain order. #}
{% macro lines_that_differ(columns) -%}
    {%- if order_grain() == 'order' or not columns -%}
select * from {{ ref('orders_parsed') }}
where false
    {%- else -%}
with parsed_lines as (
    select * from {{ ref('orders_parsed') }}
    where order_id is not null
),

current_lines as (
    {{ current_lines('parsed_lines') }}
){% for column in columns %},

saying_{{ column }} as (
    select * from current_lines
    where {{ column }}_raw is not null
){% endfor %}
{% for column in columns %}
select
    order_id,
    '{{ column }} ' || {{ column }}_raw as differing,
    file_name,
    load_id,
    line_number,
    other_file_name,
    other_line_number
from (
    {{ records_that_differ(
        'saying_' ~ column, [column],
        differ='min(' ~ column ~ ') <> max(' ~ column ~ ')',
        differs=column ~ ' <> first_' ~ column
    ) }}
) as by_{{ column }}
{{ 'union all' if not loop.last }}
{%- endfor %}
    {%- endif %}
{%- endmacro %}
