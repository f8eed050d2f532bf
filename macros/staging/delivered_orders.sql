{# A select of one row an order and delivery, from usable rows of orders_parsed, at grain order: the columns of stg.orders without
   is_purchase; and available_at, since when that state was known. #}
{% macro delivered_orders(usable) -%}
    {%- set extras = extra_columns() -%}
    {%- set available_at = 'available_at' if tracks_availability() else 'order_ts' -%}
    select
        order_id,
        customer_id,
        order_ts,
        {{ available_at }} as available_at,
        amount,
        currency,
        status,
        channel,
        {%- for name in extras %}
        {{ name }},
        {%- endfor %}
        load_id,
        line_number,
        1 as line_count
    from {{ usable }}
{%- endmacro %}

{# The usable rows: those of orders_parsed that nothing set aside, of the orders that are due. #}
{% macro usable_rows(parsed, rejected) -%}
    select parsed.*
    from {{ parsed }} as parsed
    left join {{ rejected }} as rejected
        on parsed.load_id = rejected.load_id and parsed.line_number = rejected.line_number
    {{ join_due('orders_due', 'parsed.order_id = orders_due.order_id') }}
    where rejected.load_id is null and {{ due_alone('orders_due.order_id is not null') }}
    {%- if sample_window() %}
        and {{ is_in_sample('parsed.order_ts') }}
    {%- endif %}
{%- endmacro %}
