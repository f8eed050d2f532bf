{{ config(
    materialized='kept',
    kept_by='load',
    indexes=[{'columns': ['load_id'], 'type': 'brin'}, {'columns': ['order_id', 'load_id']}],
    post_hook={'sql': "{{ vacuum_analyze(this) }}", 'transaction': false}
) }}

{%- set columns = orders_mapping()['columns'] %}
{%- set extras = extra_columns() %}

with mapped as (
    select * from {{ ref('orders_mapped') }}
),

parsed as (
    select
        -- lineage
        load_id,
        line_number,
        file_name,

        -- ids
        {%- for name in id_columns() %}
        case when length({{ name }}_raw) <= {{ longest_id() }} then {{ name }}_raw end as {{ name }},
        {%- endfor %}

        -- times
        {%- for name in time_columns() %}
        {{ safe_timestamp(name ~ '_text') }} as {{ name }},
        {%- endfor %}

        -- numbers
        {%- for name in number_columns() %}
        {{ safe_number(name ~ '_text', columns[name].get('round')) }} as {{ name }},
        {%- endfor %}

        -- text
        {{ in_case('upper', 'currency_raw') }} as currency,
        {{ in_case('lower', "replace(status_raw, '-', '')") }} as status,
        channel_raw as channel,
        {%- for name in extras if extras[name].type == 'text' %}
        {{ name }}_raw as {{ name }},
        {%- endfor %}

        -- as in the file
        {%- for name in columns %}
        {{ name }}_raw{{ ',' if not loop.last }}
        {%- endfor %}
    from mapped
)

select * from parsed
