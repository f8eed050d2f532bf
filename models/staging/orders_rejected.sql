with parsed as (
    select * from {{ ref('orders_parsed') }}
),

judged as (
    select
        load_id,
        line_number,
        file_name,
        {{ rejection_reason() }} as reason,
        {%- for name in canonical_columns() %}
        {{ name }}_raw{{ ',' if not loop.last }}
        {%- endfor %}
    from parsed
)

select * from judged
where reason is not null
