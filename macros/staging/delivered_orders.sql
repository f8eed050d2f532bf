{# A select of one row an order and delivery, from usable rows of orders_parsed: a record as it stands or, at grain order_line,
   the lines that came with one load summed. Columns of stg.orders without is_purchase; and available_at, since when that
   state was known. #}
{% macro delivered_orders(usable) -%}
    {%- set extras = extra_columns() -%}
    {%- set available_at = 'available_at' if tracks_availability() else 'order_ts' -%}
    {%- if order_grain() == 'order' -%}
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
    {%- else -%}
    select
        order_id,
        max(case when line_rank = 1 then customer_id end) as customer_id,
        min(order_ts) as order_ts,
        max({{ available_at }}) as available_at,
        sum(amount) as amount,
        max(case when line_rank = 1 then currency end) as currency,
        max(case when line_rank = 1 then status end) as status,
        max(case when line_rank = 1 then channel end) as channel,
        {%- for name in extras %}
        {{ 'sum(' ~ name ~ ')' if extras[name].type == 'number' else 'max(case when line_rank = 1 then ' ~ name ~ ' end)' }} as {{ name }},
        {%- endfor %}
        load_id,
        min(line_number) as line_number,
        cast(count(*) as integer) as line_count
    from (
        select {{ usable }}.*, row_number() over (partition by order_id, load_id order by line_number) as line_rank
        from {{ usable }}
    ) as ranked
    group by order_id, load_id
    {%- endif -%}
{%- endmacro %}

{# The usable rows: those of orders_parsed that nothing set aside. A rule that sets rows aside may judge others anew when
   rows come, so then all are. #}
{% macro usable_rows(parsed, rejected) -%}
    select parsed.*
    from {{ parsed }} as parsed
    left join {{ rejected }} as rejected
        on parsed.load_id = rejected.load_id and parsed.line_number = rejected.line_number
    where rejected.load_id is null
    {%- if not quarantine_tests() %}
    {{ only_changed('parsed.order_id in (select order_id from touched_orders)') }}
    {%- endif %}
{%- endmacro %}
