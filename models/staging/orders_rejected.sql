{{ config(materialized='kept', kept_by='load', loads_from=['orders_parsed']) }}

with parsed as (
    select * from {{ ref('orders_parsed') }}
    {%- if not quarantine_tests() %}
    {{ only_changed('load_id in (changed_loads)', word='where') }}
    {%- endif %}
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

select * from judged
where reason is not null
