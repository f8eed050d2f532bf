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
        order_id_raw as order_id,
        {{ of_order('customer_id', 'customer_id_raw') }} as customer_id,
        {%- if 'line_id' in columns %}
        line_id_raw as line_id,
        {%- elif lines_have_content() %}
        line_content,
        {%- endif %}

        -- times
        {%- for name in time_columns() %}
        {{ of_order(name, safe_timestamp(name ~ '_text')) }} as {{ name }},
        {%- endfor %}

        -- numbers
        {%- for name in number_columns() %}
        {{ of_order(name, safe_number(name ~ '_text', columns[name].get('round'))) }} as {{ name }},
        {%- endfor %}

        -- text
        {{ of_order('currency', in_case('upper', 'currency_raw')) }} as currency,
        {{ of_order('status', in_case('lower', "replace(status_raw, '-', '')")) }} as status,
        {{ of_order('channel', 'channel_raw') }} as channel,
        {%- for name in extras if extras[name].type == 'text' %}
        {{ of_order(name, name ~ '_raw') }} as {{ name }},
        {%- endfor %}

        -- as in the file
        {%- for name in columns %}
        {{ raw_of_order(name) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from mapped
)

select * from parsed
