{# A select of the labels of every row of `spine` (customer_id, feature_time), each made from the purchases in
   [feature_time, feature_time + horizon); null where its horizon passes `data`.data_end. `customers` leads from customer_id
   to customer_key. #}
{% macro point_in_time_labels(labels, spine, customers, data) -%}
    {{ return(adapter.dispatch('point_in_time_labels')(labels, spine, customers, data)) }}
{%- endmacro %}

{% macro postgres__point_in_time_labels(labels, spine, customers, data) -%}
    {%- set horizon = labels | map(attribute='horizon') | max %}
    select
        {{ spine }}.customer_id,
        {{ spine }}.feature_time,
        {%- for label in labels %}
        {{ label_once_known(label, 'ahead.label' ~ ('_' ~ loop.index if labels | length > 1 else ''), spine, data) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ spine }}
    inner join {{ customers }} on {{ spine }}.customer_id = {{ customers }}.customer_id
    cross join {{ data }}
    cross join lateral (
        select
            {%- for label in labels %}
            {{ aggregate(label, 'purchases', ends_within(label, horizon, spine) or 'true', label_window(label, spine)) }} as label
            {{- '_' ~ loop.index if labels | length > 1 }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref('customer_purchases') }} as purchases
        where
            purchases.customer_key = {{ customers }}.customer_key
            and {{ is_ahead(horizon, spine) }}
    ) as ahead
{%- endmacro %}

{# One join and one aggregation, as of the features. #}
{% macro spark__point_in_time_labels(labels, spine, customers, data) -%}
    {%- set horizon = labels | map(attribute='horizon') | max %}
    {%- set is_there = 'purchases.order_ts is not null' %}
    select
        {{ spine }}.customer_id,
        {{ spine }}.feature_time,
        {%- for label in labels %}
        {%- set within = ends_within(label, horizon, spine) %}
        {%- set value = aggregate(label, 'purchases', is_there ~ (' and ' ~ within if within else ''), label_window(label, spine)) %}
        {{ label_once_known(label, value, spine, data) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ spine }}
    inner join {{ customers }} on {{ spine }}.customer_id = {{ customers }}.customer_id
    cross join {{ data }}
    left join {{ ref('customer_purchases') }} as purchases
        on purchases.customer_key = {{ customers }}.customer_key
        and {{ is_ahead(horizon, spine) }}
    group by {{ spine }}.customer_id, {{ spine }}.feature_time, {{ data }}.data_end
{%- endmacro %}

{% macro label_once_known(label, value, spine, data) -%}
        cast(
            case when {{ spine }}.feature_time + {{ days(label.horizon) }} <= {{ data }}.data_end then {{ value }} end
            as {{ aggregate_type(label.function) }}
        ) as {{ label.column_name }}
{%- endmacro %}

{% macro label_window(label, spine) %}
    {% set instant = spine ~ '.feature_time' %}
    {% do return({'since': instant, 'until': instant ~ ' + ' ~ days(label.horizon)}) %}
{% endmacro %}

{# Whether a purchase is in the longest label window, in its latest state. #}
{% macro is_ahead(horizon, spine) -%}
    purchases.order_ts >= {{ spine }}.feature_time
            and purchases.order_ts < {{ spine }}.feature_time + {{ days(horizon) }}
            {%- if tracks_availability() %}
            and purchases.superseded_at is null
            {%- endif %}
{%- endmacro %}

{# Whether a purchase in that window is in a label's shorter one; none where it is as long. #}
{% macro ends_within(label, horizon, spine) %}
    {% do return('purchases.order_ts < ' ~ label_window(label, spine).until if label.horizon < horizon else none) %}
{% endmacro %}
