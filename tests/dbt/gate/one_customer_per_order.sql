-- An order id that comes again, in one file or in several, with another customer is not one order.
{{ records_that_differ(
    ref('orders_parsed'), ['customer_id'],
    differ='min(customer_id) <> max(customer_id)',
    differs='customer_id <> first_customer_id'
) }}
