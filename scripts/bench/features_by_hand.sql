-- The features and labels of configs/features.yaml, by hand for DuckDB: windows of 7, 30 and 90 days before the
-- first of each month, label of 30 days. It uses what a hand may know of these orders and the project may not:
-- amounts are positive cents, so whole numbers do; and no window reaches further back than four months.
-- Method: one pass sums each customer's months, parted by how far an order lies from the months' first days; a
-- window is then a sum over the last four of these tiles, reached by lag over a spine without gaps.

create or replace table features_and_label as
with keys as (
    select customer_id, cast(row_number() over () as integer) as customer_key
    from (select distinct customer_id from orders where is_purchase)
),

purchases as (
    select
        customer_key,
        cast(round(amount * 100) as bigint) as cents,
        order_ts,
        cast(year(order_ts) * 12 + month(order_ts) - 1 as integer) as month_number,
        cast(order_ts as date) - cast(date_trunc('month', order_ts) as date) as day_of_month
    from orders
    inner join keys using (customer_id)
    where is_purchase
),

-- days_to_1 is the number of days from an order's day to the next first of a month, days_to_2 to the one after, ...
aged as (
    select
        *,
        cast(date_trunc('month', order_ts) as date) + interval 1 month as next_1,
        datediff('day', cast(order_ts as date), next_1) as days_to_1,
        datediff('day', cast(order_ts as date), next_1 + interval 1 month) as days_to_2,
        datediff('day', cast(order_ts as date), next_1 + interval 2 month) as days_to_3,
        datediff('day', cast(order_ts as date), next_1 + interval 3 month) as days_to_4
    from purchases
),

tiles as (
    select
        customer_key,
        month_number,
        count(*) as orders_all, sum(cents) as cents_all,
        min(order_ts) as first_ts, max(order_ts) as last_ts,
        count(*) filter (days_to_1 <= 7) as orders_7, sum(cents) filter (days_to_1 <= 7) as cents_7,
        max(cents) filter (days_to_1 <= 7) as max_7,
        count(*) filter (days_to_1 <= 30) as orders_30, sum(cents) filter (days_to_1 <= 30) as cents_30,
        max(cents) filter (days_to_1 <= 30) as max_30,
        count(*) filter (days_to_2 <= 30) as orders_30_2, sum(cents) filter (days_to_2 <= 30) as cents_30_2,
        max(cents) filter (days_to_2 <= 30) as max_30_2,
        max(cents) as max_all,
        count(*) filter (days_to_3 <= 90) as orders_90_3, sum(cents) filter (days_to_3 <= 90) as cents_90_3,
        max(cents) filter (days_to_3 <= 90) as max_90_3,
        count(*) filter (days_to_4 <= 90) as orders_90_4, sum(cents) filter (days_to_4 <= 90) as cents_90_4,
        max(cents) filter (days_to_4 <= 90) as max_90_4,
        sum(cents) filter (day_of_month < 30) as label_0,
        sum(cents) filter (day_of_month < 2) as first_two,
        sum(cents) filter (day_of_month < 1) as first_one
    from aged
    group by customer_key, month_number
),

span as (
    select min(month_number) as first_month, max(month_number) as last_month, max(order_ts) as data_end
    from (select min(order_ts) as order_ts, min(year(order_ts) * 12 + month(order_ts) - 1) as month_number from orders
          union all
          select max(order_ts), max(year(order_ts) * 12 + month(order_ts) - 1) from orders)
),

-- Each customer's months from its first purchase to one after the last month.
months as (
    select first_tiles.customer_key, unnest(range(first_month, last_month + 2)) as month_number
    from (select customer_key, min(month_number) as first_month from tiles group by customer_key) as first_tiles
    cross join (select last_month from span)
),

spine as (
    select months.customer_key, months.month_number, tiles.* exclude (customer_key, month_number)
    from months
    left join tiles on months.customer_key = tiles.customer_key and months.month_number = tiles.month_number
),

-- The row of month m has the features of the first of m: of the tiles before it.
windowed as (
    select
        customer_key,
        month_number,
        make_timestamp(month_number // 12, month_number % 12 + 1, 1, 0, 0, 0) as feature_time,
        coalesce(lag(orders_7) over w, 0) as orders_7d,
        coalesce(lag(cents_7) over w, 0) as cents_7d,
        lag(max_7) over w as max_7d,
        coalesce(lag(orders_30) over w, 0) + coalesce(lag(orders_30_2, 2) over w, 0) as orders_30d,
        coalesce(lag(cents_30) over w, 0) + coalesce(lag(cents_30_2, 2) over w, 0) as cents_30d,
        greatest(lag(max_30) over w, lag(max_30_2, 2) over w) as max_30d,
        coalesce(lag(orders_all) over w, 0) + coalesce(lag(orders_all, 2) over w, 0)
            + coalesce(lag(orders_90_3, 3) over w, 0) + coalesce(lag(orders_90_4, 4) over w, 0) as orders_90d,
        coalesce(lag(cents_all) over w, 0) + coalesce(lag(cents_all, 2) over w, 0)
            + coalesce(lag(cents_90_3, 3) over w, 0) + coalesce(lag(cents_90_4, 4) over w, 0) as cents_90d,
        greatest(lag(max_all) over w, lag(max_all, 2) over w, lag(max_90_3, 3) over w, lag(max_90_4, 4) over w) as max_90d,
        sum(orders_all) over before as orders_total,
        sum(cents_all) over before as cents_total,
        max(last_ts) over before as last_ts,
        min(first_ts) over before as first_ts,
        coalesce(label_0, 0)
            + case
                when day(last_day(feature_time)) = 28 then coalesce(lead(first_two) over w, 0)
                when day(last_day(feature_time)) = 29 then coalesce(lead(first_one) over w, 0)
                else 0
            end as label_cents
    from spine
    window
        w as (partition by customer_key order by month_number),
        before as (partition by customer_key order by month_number rows between unbounded preceding and 1 preceding)
)

select
    keys.customer_id,
    windowed.feature_time,
    orders_7d,
    cast(cents_7d * 0.01 as decimal(38, 6)) as revenue_7d,
    average(cents_7d, orders_7d) as avg_order_value_7d,
    cast(max_7d * 0.01 as decimal(38, 6)) as max_order_value_7d,
    orders_30d,
    cast(cents_30d * 0.01 as decimal(38, 6)) as revenue_30d,
    average(cents_30d, orders_30d) as avg_order_value_30d,
    cast(max_30d * 0.01 as decimal(38, 6)) as max_order_value_30d,
    orders_90d,
    cast(cents_90d * 0.01 as decimal(38, 6)) as revenue_90d,
    average(cents_90d, orders_90d) as avg_order_value_90d,
    cast(max_90d * 0.01 as decimal(38, 6)) as max_order_value_90d,
    cast(orders_total as bigint) as orders_total,
    cast(cents_total * 0.01 as decimal(38, 6)) as revenue_total,
    datesub('day', last_ts, windowed.feature_time) as days_since_last_order,
    datesub('day', first_ts, windowed.feature_time) as days_since_first_order,
    case when windowed.feature_time + interval 30 day <= span.data_end then cast(label_cents * 0.01 as decimal(38, 6)) end
        as label_revenue_next_30d
from windowed
inner join keys using (customer_key)
cross join span
where orders_total is not null
