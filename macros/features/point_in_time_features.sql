{# A select of the features of every row of `spine` (customer_key, customer_id, feature_time): what was known strictly
   before feature_time, in windows [feature_time - w days, feature_time). `keys` are the spine's columns to keep.
   The joins name the table itself: a CTE used twice would be copied first, without its index.
   With `every_row` the result has every row of the spine, also where nothing was known or nothing recent. `purchases`
   names customer_purchases where ref() cannot. #}
{% macro point_in_time_features(definition, spine, keys, every_row=false, purchases=none) -%}
    {%- set customer_purchases = purchases or ref('customer_purchases') -%}
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
    {{ 'left' if every_row else 'cross' }} join lateral (
        select
            purchases.order_ts,
            purchases.first_order_ts
            {%- for name, _ in running_totals(definition) %},
            purchases.{{ name }}
            {%- endfor %}
        from {{ customer_purchases }} as purchases
        where purchases.customer_key = {{ spine }}.customer_key and purchases.order_ts < {{ spine }}.feature_time
        order by purchases.order_ts desc
        limit 1
    ) as latest{{ ' on true' if every_row }}
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
        from {{ customer_purchases }} as purchases
        where
            purchases.customer_key = {{ spine }}.customer_key
            and purchases.order_ts >= {{ spine }}.feature_time - {{ days(definition.windows | max) }}
            and purchases.order_ts < {{ spine }}.feature_time
    ) as recent
    {%- if definition.feature_times.active_within and not every_row %}
    where latest.order_ts >= {{ spine }}.feature_time - {{ days(definition.feature_times.active_within) }}
    {%- endif %}
{%- endmacro %}
