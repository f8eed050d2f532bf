{# A select of the label of every row of `spine` (customer_id, feature_time), made from the purchases in
   [feature_time, feature_time + horizon); null where the horizon passes `data`.data_end. `customers` leads from customer_id
   to customer_key. #}
{% macro point_in_time_labels(label, spine, customers, data) -%}
    {{ return(adapter.dispatch('point_in_time_labels')(label, spine, customers, data)) }}
{%- endmacro %}

{% macro postgres__point_in_time_labels(label, spine, customers, data) -%}
    select
        {{ spine }}.customer_id,
        {{ spine }}.feature_time,
        cast(
            case when {{ spine }}.feature_time + {{ days(label.horizon) }} <= {{ data }}.data_end then ahead.label end
            as {{ aggregate_type(label.function) }}
        ) as {{ label_column() }}
    from {{ spine }}
    inner join {{ customers }} on {{ spine }}.customer_id = {{ customers }}.customer_id
    cross join {{ data }}
    cross join lateral (
        select {{ aggregate(label, 'purchases', 'true', label_window(label, spine)) }} as label
        from {{ ref('customer_purchases') }} as purchases
        where
            purchases.customer_key = {{ customers }}.customer_key
            and {{ is_ahead(label, spine) }}
    ) as ahead
{%- endmacro %}

{# One join and one aggregation, as of the features. #}
{% macro spark__point_in_time_labels(label, spine, customers, data) -%}
    select
        {{ spine }}.customer_id,
        {{ spine }}.feature_time,
        cast(
            case when {{ spine }}.feature_time + {{ days(label.horizon) }} <= {{ data }}.data_end then
                {{ aggregate(label, 'purchases', 'purchases.order_ts is not null', label_window(label, spine)) }}
            end
            as {{ aggregate_type(label.function) }}
        ) as {{ label_column() }}
    from {{ spine }}
    inner join {{ customers }} on {{ spine }}.customer_id = {{ customers }}.customer_id
    cross join {{ data }}
    left join {{ ref('customer_purchases') }} as purchases
        on purchases.customer_key = {{ customers }}.customer_key
        and {{ is_ahead(label, spine) }}
    group by {{ spine }}.customer_id, {{ spine }}.feature_time, {{ data }}.data_end
{%- endmacro %}

{% macro label_window(label, spine) %}
    {% set instant = spine ~ '.feature_time' %}
    {% do return({'since': instant, 'until': instant ~ ' + ' ~ days(label.horizon)}) %}
{% endmacro %}

{# Whether a purchase is in the label window, in its latest state. #}
{% macro is_ahead(label, spine) -%}
    purchases.order_ts >= {{ spine }}.feature_time
            and purchases.order_ts < {{ spine }}.feature_time + {{ days(label.horizon) }}
            {%- if tracks_availability() %}
            and purchases.superseded_at is null
            {%- endif %}
{%- endmacro %}
