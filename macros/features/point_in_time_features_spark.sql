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
    {%- if not carries_totals() -%}
    {{ point_in_time_features_of_states(definition, spine, keys, every_row, customer_purchases) }}
    {%- else -%}
    select
        {%- for key in keys %}
        latest.{{ key }},
        {%- endfor %}
        {{ window_features(definition, instant) ~ ',' if definition.windows and definition.aggregations }}
        {%- for aggregation in definition.totals %}
        {%- if reads_whole_past(aggregation) %}
        {%- do require_total(aggregation) %}
        {{ aggregate(aggregation, 'purchases', 'purchases.order_ts is not null', {'until': instant}) }} as {{ aggregation.name }}_total,
        {%- else %}
        {{ total_to_date(aggregation) }} as {{ aggregation.name }}_total,
        {%- endif %}
        {%- endfor %}
        {{ days_since_orders(definition, 'latest.' ~ last_order, 'latest.first_order_ts', customer_purchases, 'latest') }}
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

{# Where orders have several states, and in a source beside them, no row carries totals: each row of the spine meets all that was known
   then. #}
{% macro point_in_time_features_of_states(definition, spine, keys, every_row, customer_purchases) -%}
    {%- set instant = spine ~ '.feature_time' -%}
    {%- set active_within = definition.feature_times.active_within -%}
    select
        {%- for key in keys %}
        {{ spine }}.{{ key }},
        {%- endfor %}
        {{ window_features(definition, instant) ~ ',' if definition.windows and definition.aggregations }}
        {%- for aggregation in definition.totals %}
        {%- do require_total(aggregation) %}
        {{ aggregate(aggregation, 'purchases', 'purchases.' ~ time_of_rows() ~ ' is not null') }} as {{ aggregation.name }}_total,
        {%- endfor %}
        {{ days_since_orders(definition, 'max(purchases.' ~ time_of_rows() ~ ')', 'min(purchases.' ~ time_of_rows() ~ ')', customer_purchases, spine) }}
    from {{ spine }}
    {{ 'left' if every_row else 'inner' }} join {{ customer_purchases }} as purchases
        on purchases.{{ customer_of_rows() }} = {{ spine }}.{{ customer_of_rows() }}
        and {{ is_known('purchases', instant) }}
    group by {% for key in keys %}{{ spine }}.{{ key }}, {% endfor %}{{ instant }}
    {%- if active_within and not every_row %}
    having max(purchases.order_ts) >= {{ instant }} - {{ days(active_within) }}
    {%- endif %}
{%- endmacro %}
