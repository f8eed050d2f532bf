{# The orders whose status or currency is blank, by a rule of value_faults. Of order lines the first one's counts. #}
{% macro blank_texts(rule, column) -%}
    {%- set parsed = ref('orders_parsed') -%}
    {%- if first_line_decides(column) -%}
with blank as (
    {{ rows_at_fault(parsed, value_faults(rule)) }}
)

select *
from blank
where not exists (
    select 1
    from {{ parsed }} as earlier
    where earlier.order_id = blank.order_id and earlier.load_id = blank.load_id and earlier.line_number < blank.line_number
)
    {%- else -%}
{{ rows_at_fault(parsed, value_faults(rule)) }}
    {%- endif -%}
{%- endmacro %}
