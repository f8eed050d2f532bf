-- No order on a date, in UTC or in the zone of the mapping, that systems write where they know none.
select *
from {{ ref('orders_parsed') }}
where {{ is_placeholder_date(rule_setting('dates', placeholder_dates())) }}
order by load_id, line_number
