{# A select of one row an order from `lines`, rows of order_lines: the columns of stg.orders. Times and texts are those of the
   first line; numbers are summed over the lines that are purchases, or over all where none is. #}
{% macro orders_of_lines(lines) -%}
    {%- set extras = extra_columns() -%}
    select
        -- ids
        order_id,
        max(case when line_rank = 1 then customer_id end) as customer_id,

        -- times
        min(order_ts) as order_ts,

        -- numbers
        {{ sum_of_purchases('amount') }} as amount,

        -- text
        {%- for name in ['currency', 'status', 'channel'] %}
        max(case when line_rank = 1 then {{ name }} end) as {{ name }},
        {%- endfor %}
        {%- for name in extras %}
        {{ sum_of_purchases(name) if extras[name].type == 'number' else 'max(case when line_rank = 1 then ' ~ name ~ ' end)' }} as {{ name }},
        {%- endfor %}

        -- flags
        bool_or(is_purchase) as is_purchase,

        -- lineage
        max(case when line_rank = 1 then load_id end) as load_id,
        max(case when line_rank = 1 then line_number end) as line_number,
        cast(count(*) as integer) as line_count
    from (
        select {{ lines }}.*, row_number() over (partition by order_id order by {{ order_of_lines() }}) as line_rank
        from {{ lines }}
    ) as ranked
    group by order_id
{%- endmacro %}

{% macro sum_of_purchases(column) -%}
    case when bool_or(is_purchase) then sum(case when is_purchase then {{ column }} end) else sum({{ column }}) end
{%- endmacro %}

{# The order of an order's lines: the first one opens it. #}
{% macro order_of_lines() -%}
    {{ return('order_ts, load_id, line_number') }}
{%- endmacro %}
