{# Whether a row of customer_purchases was known, in this state, strictly before an instant; or one of the source at work. #}
{% macro is_known(purchase, instant) -%}
    {{ purchase }}.{{ time_of_rows() }} < {{ instant }}
    {%- if source_at_work() != 'orders' %}
            and {{ purchase }}.available_at < {{ instant }}
    {%- elif tracks_availability() %}
            and {{ purchase }}.available_at < {{ instant }}
            and ({{ purchase }}.superseded_at is null or {{ purchase }}.superseded_at >= {{ instant }})
    {%- endif %}
{%- endmacro %}

{# The columns by which the rows that features are made of go: their time, and their customer. #}
{% macro time_of_rows() %}{{ return('order_ts' if source_at_work() == 'orders' else 'event_ts') }}{% endmacro %}
{% macro customer_of_rows() %}{{ return('customer_key' if source_at_work() == 'orders' else 'customer_id') }}{% endmacro %}

{# Whether each of these rows carries the totals to date. Not where orders have several states, nor in a source beside them. #}
{% macro carries_totals() %}{% do return(source_at_work() == 'orders' and not tracks_availability()) %}{% endmacro %}
