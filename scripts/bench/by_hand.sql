-- The whole way of one delivery by hand, for bench_e2e.py: every table, check, hash and export that a run makes, as
-- psql steps that know this delivery. Variables: csv, and train, val and test, the files of the export.
\set ON_ERROR_STOP on
\set QUIET on
set client_min_messages = warning;
create schema raw; create schema stg; create schema feats;

-- load: each record as JSON
create unlogged table raw.lines (
    line_number bigint generated always as identity (start with 2),
    order_id text, customer_id text, order_ts text, amount text, currency text, status text, channel text
);
\set copy_in '\\copy raw.lines (order_id, customer_id, order_ts, amount, currency, status, channel) from ' :'csv' ' (format csv, header)'
:copy_in
create table raw.raw_events as
select 1::bigint as load_id, line_number, to_jsonb(lines) - 'line_number' as payload, now() as loaded_at
from raw.lines;
drop table raw.lines;

-- typed rows beside their text
create table stg.orders_parsed as
select
    load_id, line_number,
    btrim(payload ->> 'order_id') as order_id,
    btrim(payload ->> 'customer_id') as customer_id,
    case when pg_input_is_valid(payload ->> 'order_ts', 'timestamptz') then (payload ->> 'order_ts')::timestamptz end as order_ts,
    case when payload ->> 'amount' ~ '^-?[0-9]+([.][0-9]+)?$' then (payload ->> 'amount')::numeric end as amount,
    upper(btrim(payload ->> 'currency')) as currency,
    lower(btrim(payload ->> 'status')) as status,
    btrim(payload ->> 'channel') as channel,
    payload ->> 'order_id' as order_id_raw, payload ->> 'customer_id' as customer_id_raw,
    payload ->> 'order_ts' as order_ts_raw, payload ->> 'amount' as amount_raw,
    payload ->> 'currency' as currency_raw, payload ->> 'status' as status_raw, payload ->> 'channel' as channel_raw
from raw.raw_events;

-- the gate
select
    count(*) filter (where order_id is null or customer_id is null or order_ts is null or amount is null or amount < 0)
    + count(*) filter (where currency <> 'EUR' or status not in ('completed', 'shipped', 'pending', 'cancelled', 'returned'))
    + count(order_id) - count(distinct order_id) as failures
from stg.orders_parsed \gset
select 1 / (:failures = 0)::int as passed \gset

-- orders, and their history
create table stg.orders as
select distinct on (order_id)
    order_id, customer_id, order_ts, amount, currency, status, channel,
    status in ('completed', 'shipped') as is_purchase, load_id, line_number, 1 as line_count
from stg.orders_parsed
order by order_id, load_id desc, line_number desc;
create unique index on stg.orders (order_id);
create table stg.orders_history as
select *, md5(order_id || now()) as dbt_scd_id, now() as dbt_updated_at, now() as dbt_valid_from, null::timestamptz as dbt_valid_to
from stg.orders;

-- purchases in the order in which the features read them
create table stg.purchases as
select
    keyed.*,
    count(*) over to_date as orders_to_date,
    sum(amount) over to_date as sum_to_date,
    min(order_ts) over to_date as first_order_ts
from (
    select dense_rank() over (order by customer_id)::int as customer_key, customer_id, order_id, order_ts, amount
    from stg.orders
    where is_purchase
) as keyed
window to_date as (partition by customer_key order by order_ts range between unbounded preceding and current row)
order by customer_key, order_ts;
create index on stg.purchases (customer_key, order_ts) include (amount, orders_to_date, sum_to_date, first_order_ts);
vacuum analyze stg.purchases;

create table feats.feature_times as
select boundary at time zone 'UTC' as feature_time
from (select min(order_ts) at time zone 'UTC' as low, max(order_ts) at time zone 'UTC' as high from stg.orders) as span
cross join lateral generate_series(date_trunc('month', low) + interval '1 month', high + interval '1 month', interval '1 month') as boundary;

set enable_memoize = off; set enable_bitmapscan = off;
create table feats.customer_features as
select
    spine.customer_id, spine.feature_time,
    orders_7d, coalesce(sum_7, 0)::numeric(38, 6) as revenue_7d, round(sum_7::numeric(58, 20) / nullif(orders_7d, 0), 6)::numeric(38, 6) as avg_order_value_7d, max_7::numeric(38, 6) as max_order_value_7d,
    orders_30d, coalesce(sum_30, 0)::numeric(38, 6) as revenue_30d, round(sum_30::numeric(58, 20) / nullif(orders_30d, 0), 6)::numeric(38, 6) as avg_order_value_30d, max_30::numeric(38, 6) as max_order_value_30d,
    orders_90d, coalesce(sum_90, 0)::numeric(38, 6) as revenue_90d, round(sum_90::numeric(58, 20) / nullif(orders_90d, 0), 6)::numeric(38, 6) as avg_order_value_90d, max_90::numeric(38, 6) as max_order_value_90d,
    orders_to_date as orders_total, sum_to_date::numeric(38, 6) as revenue_total,
    extract(day from spine.feature_time - latest.order_ts)::int as days_since_last_order,
    extract(day from spine.feature_time - spine.first_order_ts)::int as days_since_first_order
from (
    select distinct customer_key, customer_id, first_order_ts, feature_time
    from stg.purchases
    inner join feats.feature_times on first_order_ts < feature_time
    where order_ts = first_order_ts
) as spine
cross join lateral (
    select order_ts, orders_to_date, sum_to_date
    from stg.purchases as p
    where p.customer_key = spine.customer_key and p.order_ts < spine.feature_time
    order by p.order_ts desc limit 1
) as latest
cross join lateral (
    select
        count(*) filter (where order_ts >= feature_time - interval '168 hours') as orders_7d,
        sum(amount) filter (where order_ts >= feature_time - interval '168 hours') as sum_7,
        max(amount) filter (where order_ts >= feature_time - interval '168 hours') as max_7,
        count(*) filter (where order_ts >= feature_time - interval '720 hours') as orders_30d,
        sum(amount) filter (where order_ts >= feature_time - interval '720 hours') as sum_30,
        max(amount) filter (where order_ts >= feature_time - interval '720 hours') as max_30,
        count(*) as orders_90d, sum(amount) as sum_90, max(amount) as max_90
    from stg.purchases as p
    where p.customer_key = spine.customer_key and p.order_ts >= feature_time - interval '2160 hours' and p.order_ts < feature_time
) as recent;

create table feats.customer_labels as
select
    features.customer_id, features.feature_time,
    case when features.feature_time + interval '720 hours' <= data_end then coalesce(ahead.revenue, 0)::numeric(38, 6) end as label_revenue_next_30d
from feats.customer_features as features
inner join (select distinct customer_key, customer_id from stg.purchases) as keys using (customer_id)
cross join (select max(order_ts) as data_end from stg.orders) as data
cross join lateral (
    select sum(amount) as revenue
    from stg.purchases as p
    where p.customer_key = keys.customer_key and p.order_ts >= features.feature_time and p.order_ts < features.feature_time + interval '720 hours'
) as ahead;

-- the tests of the features
select 1 / (count(*) = count(distinct (customer_id, feature_time)) and bool_and(orders_total >= 1 and days_since_last_order >= 0))::int as passed
from feats.customer_features \gset
select 1 / (count(*) = count(distinct (customer_id, feature_time)))::int as passed from feats.customer_labels \gset

-- the training set, its splits with an embargo of 30 days, and the fingerprints
create table feats.customer_training_set as
with times as (
    select feature_time, row_number() over (order by feature_time) - 1 as position, count(*) over () as n
    from (select distinct feature_time from feats.customer_features) as distinct_times
    where feature_time + interval '720 hours' <= (select max(order_ts) from stg.orders)
),

bounds as (
    select
        max(feature_time) as last_time,
        min(feature_time) filter (where position = floor(n * 0.7)) as val_from,
        min(feature_time) filter (where position = floor(n * 0.85)) as test_from
    from times
)

select
    features.*, labels.label_revenue_next_30d,
    case
        when feature_time > last_time then null
        when feature_time >= test_from then 'test'
        when feature_time >= val_from then case when feature_time + interval '720 hours' <= test_from then 'val' end
        when feature_time + interval '720 hours' <= val_from then 'train'
    end as split
from feats.customer_features as features
inner join feats.customer_labels as labels using (customer_id, feature_time)
cross join bounds;
create table feats.dataset_splits as
select customer_id, feature_time, split from feats.customer_training_set where split is not null;
select md5(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint)::text) as fingerprint from feats.customer_features as t \gset
select md5(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint)::text) as fingerprint from feats.customer_labels as t \gset
select split, count(*), count(distinct customer_id), avg(label_revenue_next_30d), md5(sum(('x' || left(md5(customer_id || feature_time), 16))::bit(64)::bigint)::text)
from feats.customer_training_set where split is not null group by split \g /dev/null

-- export
\set copy_train '\\copy (select * from feats.customer_training_set where split = ''train'') to ' :'train' ' (format csv, header)'
\set copy_val '\\copy (select * from feats.customer_training_set where split = ''val'') to ' :'val' ' (format csv, header)'
\set copy_test '\\copy (select * from feats.customer_training_set where split = ''test'') to ' :'test' ' (format csv, header)'
:copy_train
:copy_val
:copy_test
