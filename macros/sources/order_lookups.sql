{# What order_lookups is: the rows that purchases are made from, each beside columns of the states that its keys had at its own time. #}
{% macro orders_with_lookups(orders) -%}
    {%- set found, states = lookups(), {} -%}
    {%- for name in found | map(attribute='from') | unique -%}
        {%- do states.update({name: ref(name)}) -%}
    {%- endfor -%}
    {{ events_with_lookups(found, orders, states, at='order_ts') if found else 'select * from ' ~ orders }}
{%- endmacro %}

{# The rows of a model of the orders, with what they look up. #}
{% macro with_lookups(name) %}{{ return(ref('order_lookups') if has_lookups('orders') else ref(name)) }}{% endmacro %}

{# Pre-hook of order_lookups, that does nothing: dbt renders it once it has read orders.yaml, so that what is looked up is built before. #}
{% macro depend_on_looked_up() %}
    {% for entry in ((own_meta(model).get('lookup') or {}).values() if not execute else []) if entry is mapping and entry.get('from') %}
        {% do ref(entry.from) %}
    {% endfor %}
{% endmacro %}
