-- An order id that comes again, in one file or in several, with another customer is not one order.
{{ other_customers(ref('orders_parsed')) }}
