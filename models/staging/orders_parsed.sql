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
        customer_id_raw as customer_id,

        -- times
        {{ safe_timestamp('order_ts_text') }} as order_ts,

        -- numbers
        {{ safe_number('amount_text') }} as amount,

        -- text
        upper(currency_raw) as currency,
        lower(replace(status_raw, '-', '')) as status,
        channel_raw as channel,

        -- as in the file
        {%- for name in canonical_columns() %}
        {{ name }}_raw{{ ',' if not loop.last }}
        {%- endfor %}
    from mapped
)

select * from parsed
