{# A select of the features of every row of `spine` (customer_key, customer_id, feature_time): what was known strictly
   before feature_time, in windows [feature_time - w days, feature_time). `keys` are the spine's columns to keep.
   The joins name the table itself: a CTE used twice would be copied first, without its index. #}
{% macro point_in_time_features(definition, spine, keys) -%}
    select
        {%- for key in keys %}
        {{ spine }}.{{ key }},
        {%- endfor %}
        {%- for window in definition.windows %}
        {%- for aggregation in definition.aggregations %}
        recent.{{ aggregation.name }}_{{ window }}d,
        {%- endfor %}
        {%- endfor %}
        {%- for aggregation in definition.aggregations if aggregation.name in definition.totals %}
        {{ total_to_date(aggregation) }} as {{ aggregation.name }}_total,
        {%- endfor %}
        {{ whole_days_between('latest.order_ts', spine ~ '.feature_time') }} as days_since_last_order,
        {{ whole_days_between('latest.first_order_ts', spine ~ '.feature_time') }} as days_since_first_order
    from {{ spine }}
    cross join lateral (
        select
            purchases.order_ts,
            purchases.first_order_ts
            {%- for name, _ in running_totals(definition) %},
            purchases.{{ name }}
            {%- endfor %}
        from {{ ref('customer_purchases') }} as purchases
        where purchases.customer_key = {{ spine }}.customer_key and purchases.order_ts < {{ spine }}.feature_time
        order by purchases.order_ts desc
        limit 1
    ) as latest
    cross join lateral (
        select
            {%- for window in definition.windows %}
            {%- set last_window = loop.last %}
            {%- set in_window = 'purchases.order_ts >= ' ~ spine ~ '.feature_time - ' ~ days(window) %}
            {%- for aggregation in definition.aggregations %}
            {{ aggregate(aggregation, 'purchases', in_window) }} as {{ aggregation.name }}_{{ window }}d
            {{- ',' if not (loop.last and last_window) }}
            {%- endfor %}
            {%- endfor %}
        from {{ ref('customer_purchases') }} as purchases
        where
            purchases.customer_key = {{ spine }}.customer_key
            and purchases.order_ts >= {{ spine }}.feature_time - {{ days(definition.windows | max) }}
            and purchases.order_ts < {{ spine }}.feature_time
    ) as recent
    {%- if definition.feature_times.active_within %}
    where latest.order_ts >= {{ spine }}.feature_time - {{ days(definition.feature_times.active_within) }}
    {%- endif %}
{%- endmacro %}
