{# A select of the features of every row of `spine` (customer_key, customer_id, feature_time): what was known strictly
   before feature_time, in windows [feature_time - w days, feature_time). `keys` are the spine's columns to keep.
   The joins name the table itself: a CTE used twice would be copied first, without its index.
   With `every_row` the result has every row of the spine, also where nothing was known or nothing recent. `purchases`
   names customer_purchases where ref() cannot. #}
{% macro point_in_time_features(definition, spine, keys, every_row=false, purchases=none) -%}
    {{ return(adapter.dispatch('point_in_time_features')(definition, spine, keys, every_row, purchases)) }}
{%- endmacro %}

{% macro postgres__point_in_time_features(definition, spine, keys, every_row, purchases) -%}
    {%- set customer_purchases = purchases or ref('customer_purchases') -%}
    {%- set instant = spine ~ '.feature_time' -%}
    {%- set last_order = 'latest.' ~ last_order_column() -%}
    {%- set conditions = [] -%}
    {%- if tracks_availability() and not every_row -%}
        {%- do conditions.append('latest.order_ts is not null') -%}
    {%- endif -%}
    {%- if definition.feature_times.active_within and not every_row -%}
        {%- do conditions.append(last_order ~ ' >= ' ~ instant ~ ' - ' ~ days(definition.feature_times.active_within)) -%}
    {%- endif -%}
    select
        {%- for key in keys %}
        {{ spine }}.{{ key }},
        {%- endfor %}
        {%- for window in definition.windows %}
        {%- for aggregation in definition.aggregations %}
        recent.{{ aggregation.name }}_{{ window }}d,
        {%- endfor %}
        {%- endfor %}
        {%- for aggregation in definition.totals %}
        {{ total_to_date(aggregation) }} as {{ aggregation.name }}_total,
        {%- endfor %}
        {{ days_since_orders(definition, last_order, 'latest.first_order_ts', customer_purchases, spine) }}
        {%- for ratio in definition.ratios %},
        {{ exact_ratio(feature_value(definition, ratio.numerator), feature_value(definition, ratio.denominator)) }} as {{ ratio.name }}
        {%- endfor %}
    from {{ spine }}
    {{ 'left' if every_row else 'cross' }} join lateral (
        {{ known_to_date(definition, customer_purchases, spine) }}
    ) as latest{{ ' on true' if every_row }}
    cross join lateral (
        select
            {{ window_features(definition, instant) }}
        from {{ customer_purchases }} as purchases
        where
            purchases.{{ customer_of_rows() }} = {{ spine }}.{{ customer_of_rows() }}
            and purchases.{{ time_of_rows() }} >= {{ instant }} - {{ days(definition.windows | max) }}
            and {{ is_known('purchases', instant) }}
    ) as recent
    {%- if conditions %}
    where {{ conditions | join(' and ') }}
    {%- endif %}
{%- endmacro %}

{# Each aggregation over the purchases of each window that ends at an instant. #}
{% macro window_features(definition, instant) -%}
    {%- for window in definition.windows %}
    {%- set outer, since = loop, instant ~ ' - ' ~ days(window) %}
    {%- for aggregation in definition.aggregations %}
            {{ aggregate(aggregation, 'purchases', 'purchases.' ~ time_of_rows() ~ ' >= ' ~ since, {'since': since, 'until': instant}) }} as {{ aggregation.name }}_{{ window }}d
            {{- ',' if not (loop.last and outer.last) }}
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{# Whole days from the last, the first and the n-th last orders to the feature time of `row`. #}
{% macro days_since_orders(definition, last_order, first_order, customer_purchases, row) -%}
    {%- set instant = row ~ '.feature_time' -%}
        {{ whole_days_between(last_order, instant) }} as days_since_last_{{ definition.get('noun', 'order') }},
        {{ whole_days_between(first_order, instant) }} as days_since_first_{{ definition.get('noun', 'order') }}
        {%- for last in definition.nth_last %},
        {{ whole_days_between(nth_last_order(last.n, customer_purchases, row), instant) }} as {{ last.name }}
        {%- endfor %}
{%- endmacro %}

{# A feature beside its aliases: of a window, or of the whole past. #}
{% macro feature_value(definition, name) -%}
    {%- for aggregation in definition.totals if name == aggregation.name ~ '_total' -%}
        {{ return(total_to_date(aggregation)) }}
    {%- endfor -%}
    {{ return('recent.' ~ name) }}
{%- endmacro %}

{# A select of one row: order_ts of the last purchase known and of the first, and what total_to_date makes the lifetime
   features of. The last purchase carries it all, else every known one is read. #}
{% macro known_to_date(definition, customer_purchases, spine) -%}
    {%- if not carries_totals() -%}
        select
            {%- for aggregation in definition.totals %}
            {{ aggregate(aggregation, 'purchases', 'true') }} as {{ aggregation.name }}_total,
            {%- endfor %}
            max(purchases.{{ time_of_rows() }}) as {{ time_of_rows() }},
            min(purchases.{{ time_of_rows() }}) as first_order_ts
        from {{ customer_purchases }} as purchases
        where purchases.{{ customer_of_rows() }} = {{ spine }}.{{ customer_of_rows() }} and {{ is_known('purchases', spine ~ '.feature_time') }}
    {%- else -%}
        select
            purchases.order_ts,
            purchases.first_order_ts
            {%- for name, _ in running_totals(definition) %},
            purchases.{{ name }}
            {%- endfor %}
            {%- for aggregation in totals_of_whole_past(definition) %},
            whole.{{ aggregation.name }}_total
            {%- endfor %}
        from {{ customer_purchases }} as purchases
        {%- if totals_of_whole_past(definition) %}
        cross join (
            select
                {%- for aggregation in totals_of_whole_past(definition) %}
                {{ aggregate(aggregation, 'purchases', 'true', {'until': spine ~ '.feature_time'}) }} as {{ aggregation.name }}_total{{ ',' if not loop.last }}
                {%- endfor %}
            from {{ customer_purchases }} as purchases
            where purchases.{{ customer_of_rows() }} = {{ spine }}.{{ customer_of_rows() }} and {{ is_known('purchases', spine ~ '.feature_time') }}
        ) as whole
        {%- endif %}
        where purchases.{{ customer_of_rows() }} = {{ spine }}.{{ customer_of_rows() }} and {{ is_known('purchases', spine ~ '.feature_time') }}
        order by purchases.order_ts desc
        limit 1
    {%- endif -%}
{%- endmacro %}
