-- Where a currency is mapped, an amount without one is summed with those that have one.
-- depends_on: {{ ref('orders_parsed') }}
{{ blank_texts('blank_currency', 'currency') }}
