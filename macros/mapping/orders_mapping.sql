{# The mapping of configs/orders.yaml, complete: every canonical column has its entry, extra columns follow. #}
{% macro orders_mapping() %}
    {% set meta = node_meta('orders_mapped') %}
    {% set columns = {} %}
    {% for name in canonical_columns() %}
        {% set entry = meta.get('columns', {}).get(name) %}
        {% do columns.update({name: {'column': entry} if entry is string else entry or {}}) %}
    {% endfor %}
    {% do columns.update(extra_columns()) %}
    {% do return({
        'source': meta.get('file', {}).get('source', 'orders'),
        'grain': meta.get('grain', 'order'),
        'null_words': [''] + meta.get('null_words', []),
        'timezone': meta.get('timezone', 'UTC'),
        'columns': columns,
    }) %}
{% endmacro %}

{% macro canonical_columns() %}
    {% do return(['order_id', 'customer_id', 'order_ts', 'amount', 'currency', 'status', 'channel']) %}
{% endmacro %}
