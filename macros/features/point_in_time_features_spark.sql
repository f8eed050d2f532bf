{# Spark has no index to look a row up by: each row of the spine meets all purchases of its customer that were known then,
   in one join, and one aggregation makes windows and lifetime features of them. See point_in_time_features. #}
{% macro spark__point_in_time_features(definition, spine, keys, every_row, purchases) -%}
    {%- set instant = spine ~ '.feature_time' -%}
    {%- set active_within = definition.feature_times.active_within -%}
    select
        {%- for key in keys %}
        {{ spine }}.{{ key }},
        {%- endfor %}
        {%- for window in definition.windows %}
        {%- set in_window = 'purchases.order_ts >= ' ~ instant ~ ' - ' ~ days(window) %}
        {%- for aggregation in definition.aggregations %}
        {{ aggregate(aggregation, 'purchases', in_window) }} as {{ aggregation.name }}_{{ window }}d,
        {%- endfor %}
        {%- endfor %}
        {%- for aggregation in definition.aggregations if aggregation.name in definition.totals %}
        {%- do require_total(aggregation) %}
        {{ aggregate(aggregation, 'purchases', 'purchases.order_ts is not null') }} as {{ aggregation.name }}_total,
        {%- endfor %}
        {{ whole_days_between('max(purchases.order_ts)', instant) }} as days_since_last_order,
        {{ whole_days_between('min(purchases.order_ts)', instant) }} as days_since_first_order
    from {{ spine }}
    {{ 'left' if every_row else 'inner' }} join {{ purchases or ref('customer_purchases') }} as purchases
        on purchases.customer_key = {{ spine }}.customer_key
        and {{ is_known('purchases', instant) }}
    group by {% for key in keys %}{{ spine }}.{{ key }}, {% endfor %}{{ instant }}
    {%- if active_within and not every_row %}
    having max(purchases.order_ts) >= {{ instant }} - {{ days(active_within) }}
    {%- endif %}
{%- endmacro %}
