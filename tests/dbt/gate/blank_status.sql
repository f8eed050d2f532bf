-- Where a status is mapped, an order without one is no purchase.
-- depends_on: {{ ref('orders_parsed') }}
{{ blank_texts('blank_status', 'status') }}
