-- Amounts are summed, so those that become orders are of one currency: the mapped one or, where none is mapped, what a
-- column of the file says. Where no file has such a column no record is read.
{%- set parsed = ref('orders_parsed') %}
with found as (
    {%- if is_pinned('currency') %}
    select parsed.*, '' as source_column, '' as column_at_fault
    from {{ parsed }} as parsed
    where false
    {%- elif is_mapped('currency') %}
    select parsed.*, 'currency' as source_column, 'currency' as column_at_fault
    from {{ parsed }} as parsed
    where parsed.currency is not null and {{ becomes_order(parsed) }}
    {%- else %}
    select
        parsed.load_id,
        parsed.line_number,
        parsed.file_name,
        parsed.amount_raw,
        events.source_column,
        events.currency,
        'currency' as column_at_fault
    from (
        {{ currencies_in_files() }}
    ) as events
    inner join {{ parsed }} as parsed on events.load_id = parsed.load_id and events.line_number = parsed.line_number
    where
        {{ matches('events.currency', '^[^0-9.,]+$') }} and {{ becomes_order(parsed) }}
        and (select count(*) from ({{ currency_columns() }}) as names) > 0
    {%- for name in amount_texts() %}
    union all
    select
        parsed.load_id,
        parsed.line_number,
        parsed.file_name,
        parsed.amount_raw,
        {{ quote_literal(name) }} as source_column,
        events.currency,
        'currency' as column_at_fault
    from (
        select
            load_id,
            line_number,
            {{ currency_within(json_field('payload', quote_literal(name))) }} as currency
        from {{ source('raw', 'raw_events') }}
    ) as events
    inner join {{ parsed }} as parsed on events.load_id = parsed.load_id and events.line_number = parsed.line_number
    where events.currency is not null and {{ becomes_order(parsed) }}
    {%- endfor %}
    {%- endif %}
),

counted as (
    select
        source_column,
        currency,
        count(*) as orders,
        row_number() over (partition by source_column order by count(*) desc, currency) as place,
        count(*) over (partition by source_column) as currencies
    from found
    group by source_column, currency
),

listed as (
    select
        source_column,
        max(case when place = 1 then currency end) as usual,
        max(currencies) as currencies,
        concat_ws(
            ', '
            {%- for place in range(1, 6) %},
            max(case when place = {{ place }} then concat(currency, ' ', orders) end)
            {%- endfor %}
        ) as words
    from counted
    where place <= 5
    group by source_column
)

select
    found.*,
    concat(found.source_column, ' has ', listed.currencies, ' currencies in orders that are summed: ', listed.words) as says
from found
inner join listed on found.source_column = listed.source_column
where listed.currencies > 1 and found.currency <> listed.usual
