-- The features of visits and members of bench_sources.py, by hand for DuckDB, for the rows of features_and_label. It uses what a
-- hand may know of them and the project may not: pages are numbered below 40, no window reaches further back than four months,
-- and no member has two states at one instant.

create or replace table visits_features as
with recent as (
    select
        customer_id,
        feature_time,
        count(*) filter (visited_at >= feature_time - interval 7 day) as visits_7d,
        sum(minutes) filter (visited_at >= feature_time - interval 7 day) as minutes_7d,
        bit_or(page_bit) filter (visited_at >= feature_time - interval 7 day) as pages_7d,
        count(*) filter (visited_at >= feature_time - interval 30 day) as visits_30d,
        sum(minutes) filter (visited_at >= feature_time - interval 30 day) as minutes_30d,
        bit_or(page_bit) filter (visited_at >= feature_time - interval 30 day) as pages_30d,
        count(*) as visits_90d,
        sum(minutes) as minutes_90d,
        bit_or(page_bit) as pages_90d
    from (
        select *, unnest(range(1, 5)) as months, date_trunc('month', visited_at) + to_months(cast(months as integer)) as feature_time
        from visits
    )
    where visited_at >= feature_time - interval 90 day
    group by customer_id, feature_time
),

monthly as (
    select
        customer_id,
        date_trunc('month', visited_at) + interval 1 month as known_from,
        count(*) as visits,
        sum(minutes) as minutes,
        min(visited_at) as first_ts,
        max(visited_at) as last_ts
    from visits
    group by all
),

to_date as (
    select
        customer_id,
        known_from,
        sum(visits) over w as visits_total,
        sum(minutes) over w as minutes_total,
        min(first_ts) over w as first_ts,
        last_ts
    from monthly
    window w as (partition by customer_id order by known_from rows between unbounded preceding and current row)
)

select
    spine.customer_id,
    spine.feature_time,
    coalesce(visits_7d, 0) as visits_7d,
    cast(coalesce(minutes_7d, 0) as decimal(38, 6)) as minutes_7d,
    coalesce(bit_count(pages_7d), 0) as pages_7d,
    coalesce(visits_30d, 0) as visits_30d,
    cast(coalesce(minutes_30d, 0) as decimal(38, 6)) as minutes_30d,
    coalesce(bit_count(pages_30d), 0) as pages_30d,
    coalesce(visits_90d, 0) as visits_90d,
    cast(coalesce(minutes_90d, 0) as decimal(38, 6)) as minutes_90d,
    coalesce(bit_count(pages_90d), 0) as pages_90d,
    cast(coalesce(visits_total, 0) as bigint) as visits_total,
    cast(coalesce(minutes_total, 0) as decimal(38, 6)) as minutes_total,
    datesub('day', last_ts, spine.feature_time) as days_since_last_visits,
    datesub('day', first_ts, spine.feature_time) as days_since_first_visits
from features_and_label as spine
left join recent using (customer_id, feature_time)
asof left join to_date on spine.customer_id = to_date.customer_id and spine.feature_time >= to_date.known_from;

create or replace table members_features as
with marked as (
    select
        customer_id,
        since,
        segment,
        newsletter,
        case when lag(since) over own is null or segment is distinct from lag(segment) over own then since end as segment_since,
        case when lag(since) over own is null or newsletter is distinct from lag(newsletter) over own then since end as newsletter_since
    from members
    window own as (partition by customer_id order by since)
),

changes as (
    select
        customer_id,
        since,
        segment,
        newsletter,
        max(segment_since) over w as segment_since,
        count(segment_since) over w - 1 as segment_changes,
        max(newsletter_since) over w as newsletter_since,
        count(newsletter_since) over w - 1 as newsletter_changes
    from marked
    window w as (partition by customer_id order by since rows between unbounded preceding and current row)
)

select
    spine.customer_id,
    spine.feature_time,
    segment,
    datesub('day', segment_since, spine.feature_time) as segment_age_days,
    coalesce(segment_changes, 0) as segment_changes,
    newsletter,
    datesub('day', newsletter_since, spine.feature_time) as newsletter_age_days,
    coalesce(newsletter_changes, 0) as newsletter_changes
from features_and_label as spine
asof left join changes on spine.customer_id = changes.customer_id and spine.feature_time > changes.since;
