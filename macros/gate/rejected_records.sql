{# The parsed records of the source at work that are set aside, each with the reason. `parsed`: the relation with parsed_records. #}
{% macro rejected_records(parsed) -%}
with parsed as (
    select * from {{ parsed }}
    where {{ is_load_due('load_id') }}
),

{%- if quarantine_tests() %}

quarantined as (
    {{ quarantined_rows('parsed') }}
),

-- A record that breaks several rules is listed once, under the first of them by name.
set_aside as (
    select
        load_id,
        line_number,
        min(reason) as reason
    from quarantined
    group by load_id, line_number
),
{%- endif %}

judged as (
    select
        parsed.load_id,
        parsed.line_number,
        parsed.file_name,
        {%- if order_grain() == 'order_line' %}
        parsed.order_id,
        {%- endif %}
        {%- if quarantine_tests() %}
        coalesce(set_aside.reason, {{ rejection_reason() }}) as reason,
        {%- else %}
        {{ rejection_reason() }} as reason,
        {%- endif %}
        {%- for name in orders_mapping()['columns'] %}
        {{ name }}_raw{{ ',' if not loop.last }}
        {%- endfor %}
    from parsed
    {%- if quarantine_tests() %}
    left join set_aside on parsed.load_id = set_aside.load_id and parsed.line_number = set_aside.line_number
    {%- endif %}
)
{%- if order_grain() == 'order_line' %},

faults as (
    select * from judged
    where reason is not null and order_id is not null
),

first_faults as (
    {{ deduplicate('faults', 'order_id', 'load_id, line_number') }}
),

-- An order is whole or set aside: never a part of its amount. The other lines are listed with the one at fault.
whole_orders as (
    select
        judged.load_id,
        judged.line_number,
        judged.file_name,
        coalesce(
            judged.reason,
            'another line of the order is set aside: ' || first_faults.file_name || ':' || first_faults.line_number
            || ' (' || first_faults.reason || ')'
        ) as reason,
        {%- for name in orders_mapping()['columns'] %}
        judged.{{ name }}_raw{{ ',' if not loop.last }}
        {%- endfor %}
    from judged
    left join first_faults on judged.order_id = first_faults.order_id
)

select * from whole_orders
{%- else %}

select * from judged
{%- endif %}
where reason is not null
{%- endmacro %}
