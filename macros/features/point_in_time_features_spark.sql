{# Spark has no index to look a row up by. One pass over spine and purchases in the order of time finds each row's last
   purchase before it, which carries the totals to date; one join brings the purchases in the longest window, and one
   aggregation makes features of them. See point_in_time_features. #}
{% macro spark__point_in_time_features(definition, spine, keys, every_row, purchases) -%}
    {%- set customer_purchases = purchases or ref('customer_purchases') -%}
    {%- if definition.ratios -%}
    select
        *
        {%- for ratio in definition.ratios %},
        {{ exact_ratio(ratio.numerator, ratio.denominator) }} as {{ ratio.name }}
        {%- endfor %}
    from (
        {{ point_in_time_aggregations(definition, spine, keys, every_row, customer_purchases) }}
    ) as aggregated
    {%- else -%}
    {{ point_in_time_aggregations(definition, spine, keys, every_row, customer_purchases) }}
    {%- endif -%}
{%- endmacro %}

{% macro point_in_time_aggregations(definition, spine, keys, every_row, customer_purchases) -%}
    {%- set instant = 'latest.feature_time' -%}
    {%- set last_order = last_order_column() -%}
    {%- set totals = running_totals(definition) | map('first') | reject('equalto', last_order) | list -%}
    {%- set known = [last_order, 'first_order_ts'] + totals -%}
    {%- set active_within = definition.feature_times.active_within -%}
    {%- if tracks_availability() -%}
    {{ point_in_time_features_of_states(definition, spine, keys, every_row, customer_purchases) }}
    {%- else -%}
    select
        {%- for key in keys %}
        latest.{{ key }},
        {%- endfor %}
        {{ window_features(definition, instant) }}
        {%- for aggregation in definition.aggregations if aggregation.name in definition.totals %}
        {%- if aggregation in totals_of_whole_past(definition) %}
        {%- do require_total(aggregation) %}
        {{ aggregate(aggregation, 'purchases', 'purchases.order_ts is not null', {'until': instant}) }} as {{ aggregation.name }}_total,
        {%- else %}
        {{ total_to_date(aggregation) }} as {{ aggregation.name }}_total,
        {%- endif %}
        {%- endfor %}
        {{ whole_days_between('latest.' ~ last_order, instant) }} as days_since_last_order,
        {{ whole_days_between('latest.first_order_ts', instant) }} as days_since_first_order
        {%- for last in definition.nth_last %},
        {{ whole_days_between(nth_last_order(last.n, customer_purchases, 'latest'), instant) }} as {{ last.name }}
        {%- endfor %}
    from (
        {{ last_purchases(spine, keys, customer_purchases, known) }}
    ) as latest
    left join {{ customer_purchases }} as purchases
        on purchases.customer_key = latest.customer_key
        and {{ is_known('purchases', instant) }}
        {%- if not (totals_of_whole_past(definition) or definition.nth_last) %}
        and purchases.order_ts >= {{ instant }} - {{ days(definition.windows | max) }}
        {%- endif %}
    {%- if not every_row %}
    where latest.{{ last_order }} {{ '>= ' ~ instant ~ ' - ' ~ days(active_within) if active_within else 'is not null' }}
    {%- endif %}
    group by latest.customer_key, {% for column in (keys + ['feature_time']) | unique %}latest.{{ column }}, {% endfor -%}
        latest.{{ known | join(', latest.') }}
    {%- endif -%}
{%- endmacro %}

{% macro window_features(definition, instant) -%}
    {%- for window in definition.windows %}
    {%- set in_window = 'purchases.order_ts >= ' ~ instant ~ ' - ' ~ days(window) %}
    {%- for aggregation in definition.aggregations %}
        {{ aggregate(aggregation, 'purchases', in_window, {'since': instant ~ ' - ' ~ days(window), 'until': instant}) }} as {{ aggregation.name }}_{{ window }}d,
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{# The spine with its `keys`, customer_key and feature_time, and the columns `known` of the customer's last purchase strictly
   before it, null where there is none. At one instant the spine's rows come first. #}
{% macro last_purchases(spine, keys, customer_purchases, known) -%}
    {%- set others = keys | reject('in', ['customer_key', 'feature_time']) | list -%}
    select customer_key, instant as feature_time, {% for key in others %}{{ key }}, {% endfor %}known.*
    from (
        select *, last(purchase, true) over (
            partition by customer_key order by instant, is_purchase rows between unbounded preceding and current row
        ) as known
        from (
            select customer_key, feature_time as instant, {% for key in others %}{{ key }}, {% endfor %}false as is_purchase, null as purchase
            from {{ spine }}
            union all
            select customer_key, order_ts, {% for key in others %}null, {% endfor %}true, struct({{ known | join(', ') }})
            from {{ customer_purchases }}
        ) as timeline
    ) as placed
    where not is_purchase
{%- endmacro %}

{# Where orders have several states, no purchase carries totals: each row meets all that was known then. #}
{% macro point_in_time_features_of_states(definition, spine, keys, every_row, customer_purchases) -%}
    {%- set instant = spine ~ '.feature_time' -%}
    {%- set active_within = definition.feature_times.active_within -%}
    select
        {%- for key in keys %}
        {{ spine }}.{{ key }},
        {%- endfor %}
        {{ window_features(definition, instant) }}
        {%- for aggregation in definition.aggregations if aggregation.name in definition.totals %}
        {%- do require_total(aggregation) %}
        {{ aggregate(aggregation, 'purchases', 'purchases.order_ts is not null') }} as {{ aggregation.name }}_total,
        {%- endfor %}
        {{ whole_days_between('max(purchases.order_ts)', instant) }} as days_since_last_order,
        {{ whole_days_between('min(purchases.order_ts)', instant) }} as days_since_first_order
        {%- for last in definition.nth_last %},
        {{ whole_days_between(nth_last_order(last.n, customer_purchases, spine), instant) }} as {{ last.name }}
        {%- endfor %}
    from {{ spine }}
    {{ 'left' if every_row else 'inner' }} join {{ customer_purchases }} as purchases
        on purchases.customer_key = {{ spine }}.customer_key
        and {{ is_known('purchases', instant) }}
    group by {% for key in keys %}{{ spine }}.{{ key }}, {% endfor %}{{ instant }}
    {%- if active_within and not every_row %}
    having max(purchases.order_ts) >= {{ instant }} - {{ days(active_within) }}
    {%- endif %}
{%- endmacro %}
