-- Amounts are summed, so those that become orders are of one currency: the mapped one or, where none is mapped, what a
-- column of the file tells.
{%- set parsed = ref('orders_parsed') %}
with told as (
    {%- if is_pinned('currency') %}
    {{ no_currencies(parsed) }}
    {%- elif is_mapped('currency') %}
    {{ mapped_currencies(parsed) }}
    {%- else %}
    {{ unmapped_currencies(parsed) }}
    {%- endif %}
),

counted as (
    select
        name,
        currency,
        count(*) as orders,
        row_number() over (partition by name order by count(*) desc, currency) as place,
        count(*) over (partition by name) as currencies
    from told
    group by name, currency
),

listed as (
    select
        name,
        max(case when place = 1 then currency end) as usual,
        max(currencies) as currencies,
        {{ dbt.listagg("concat(currency, ' ', cast(orders as " ~ type_string() ~ "))", "', '", 'order by place') }} as words
    from counted
    where place <= 5
    group by name
)

select
    told.*,
    concat(told.name, ' has ', listed.currencies, ' currencies in orders that are summed: ', listed.words) as says
from told
inner join listed on told.name = listed.name
where listed.currencies > 1 and told.currency <> listed.usual
