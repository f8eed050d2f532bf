{# A select of the groups of orders, or events, that lie apart, as time_from and time_to: by a long gap from all others, of few orders or
   one instant each; the few together, and those of one instant, are fewer than a tenth of all. `settings`: those of the rule
   no_isolated_order. `indexed`: the table has an index on order_ts. #}
{% macro isolated_orders(relation, settings, indexed=false) -%}
    {%- set most = settings.get('orders', 10) -%}
    select apart.time_from, apart.time_to
    from (
        select
            small.time_from,
            small.time_to,
            small.orders,
            sum(case when small.orders <= {{ most }} then small.orders else 0 end) over () as orders_apart
        from (
            {{ sized_groups(relation, settings.get('days', 60), most, indexed) }}
        ) as small
        where small.orders <= {{ most }} or small.time_from = small.time_to
    ) as apart
    where
        10 * case when apart.orders <= {{ most }} then apart.orders_apart else apart.orders end
        < (select {{ 'count(*)' if indexed else count_of_records() }} from {{ relation }})
{%- endmacro %}

{# The groups of orders between gaps of more than so many days, as time_from, time_to and orders; of a group of several instants these
   are counted up to one more than `most` at least. None where there is but one group. #}
{% macro sized_groups(relation, span, most, indexed) %}{{ return(adapter.dispatch('sized_groups')(relation, span, most, indexed)) }}{% endmacro %}

{# An order, or an event, counts once, as often as it comes; without an id each row. #}
{% macro count_of_records(rows='') %}{{ return('count(distinct ' ~ rows ~ key_of_records()[0] ~ ')' if key_of_records() else 'count(*)') }}{% endmacro %}

{# By days, of whatever zone: one look at the table, and another at the few rows of the smaller groups. #}
{% macro default__sized_groups(relation, span, most, indexed) -%}
    {%- set time = time_of_records() %}
    select
        groups_of_days.time_from,
        groups_of_days.time_to,
        {{ count_of_records('placed.') }} as orders
    from (
        select
            min(first_order_ts) as time_from,
            max(last_order_ts) as time_to,
            row_number() over (order by sum(records) desc) as place
        from (
            select
                *,
                sum(starts_group) over (order by first_order_ts) as group_number
            from (
                select
                    *,
                    case when first_order_ts > lag(last_order_ts) over (order by first_order_ts) + {{ days(span) }} then 1 else 0 end as starts_group
                from (
                    select
                        min({{ time }}) as first_order_ts,
                        max({{ time }}) as last_order_ts,
                        count(*) as records
                    from {{ relation }}
                    where {{ time }} is not null
                    group by cast({{ time }} as date)
                ) as by_day
            ) as after_gaps
        ) as numbered
        group by group_number
    ) as groups_of_days
    inner join {{ relation }} as placed
        on placed.{{ time }} >= groups_of_days.time_from and placed.{{ time }} <= groups_of_days.time_to
    where groups_of_days.place > 1
    group by groups_of_days.time_from, groups_of_days.time_to
{%- endmacro %}

{# By the index: from the newest order down, each step reaches back over as many days as a gap may have. #}
{% macro postgres__sized_groups(relation, span, most, indexed) -%}
    {%- if not indexed -%}
    {{ default__sized_groups(relation, span, most, indexed) }}
    {%- else -%}
    with recursive walk as (
        select
            1 as group_number,
            max(order_ts) as reached
        from {{ relation }}
        union all
        select
            case when within.order_ts < walk.reached then walk.group_number else walk.group_number + 1 end,
            case when within.order_ts < walk.reached then within.order_ts else before.order_ts end
        from walk
        cross join lateral (
            select min(order_ts) as order_ts from {{ relation }} where order_ts >= walk.reached - {{ days(span) }}
        ) as within
        cross join lateral (
            select max(order_ts) as order_ts from {{ relation }} where order_ts < walk.reached
        ) as before
        where before.order_ts is not null
    )

    select
        groups_of_walk.time_from,
        groups_of_walk.time_to,
        counted.orders
    from (
        select
            min(reached) as time_from,
            max(reached) as time_to,
            count(*) over () as group_count
        from walk
        group by group_number
    ) as groups_of_walk
    cross join lateral (
        select count(*) as orders
        from (
            select 1 from {{ relation }}
            where order_ts >= groups_of_walk.time_from and order_ts <= groups_of_walk.time_to
            limit case when groups_of_walk.time_from < groups_of_walk.time_to then {{ most + 1 }} end
        ) as some_orders
    ) as counted
    where groups_of_walk.group_count > 1
    {%- endif -%}
{%- endmacro %}

