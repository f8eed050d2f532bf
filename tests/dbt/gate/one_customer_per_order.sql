-- An order id that comes again, in one file or in several, with another customer is not one order.
with customers as (
    select
        order_id,
        customer_id,
        file_name,
        load_id,
        line_number,
        first_value(customer_id) over by_order as first_customer_id,
        first_value(file_name) over by_order as other_file_name,
        first_value(line_number) over by_order as other_line_number
    from {{ ref('orders_parsed') }}
    where order_id is not null and customer_id is not null
    window by_order as (partition by order_id order by load_id, line_number)
),

ranked as (
    select
        *,
        row_number() over (partition by order_id order by load_id, line_number) as place
    from customers
    where customer_id <> first_customer_id
)

select *
from ranked
where place = 1
order by load_id, line_number
