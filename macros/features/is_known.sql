{# Whether a row of customer_purchases was known, in this state, strictly before an instant. #}
{% macro is_known(purchase, instant) -%}
    {{ purchase }}.order_ts < {{ instant }}
    {%- if tracks_availability() %}
            and {{ purchase }}.available_at < {{ instant }}
            and ({{ purchase }}.superseded_at is null or {{ purchase }}.superseded_at >= {{ instant }})
    {%- endif %}
{%- endmacro %}
