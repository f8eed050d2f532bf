{# The mapping of configs/orders.yaml, complete: every canonical column has its entry; available_at, where it is mapped,
   and extra columns follow. #}
{% macro orders_mapping() %}
    {% set meta = node_meta('orders_mapped') %}
    {% set columns = {} %}
    {% for name in canonical_columns() %}
        {% set entry = meta.get('columns', {}).get(name) %}
        {% do columns.update({name: {'column': entry} if entry is string else entry or {}}) %}
    {% endfor %}
    {% if tracks_availability() %}
        {% set entry = meta.columns.available_at %}
        {% do columns.update({'available_at': {'column': entry} if entry is string else entry}) %}
    {% endif %}
    {% do columns.update(extra_columns()) %}
    {% do return({
        'source': meta.get('file', {}).get('source', 'orders'),
        'grain': meta.get('grain', 'order'),
        'null_words': [''] + meta.get('null_words', []),
        'timezone': meta.get('timezone', 'UTC'),
        'local_times': meta.get('local_times', 'later'),
        'rows': meta.get('rows'),
        'columns': columns,
    }) %}
{% endmacro %}

{% macro canonical_columns() %}
    {% do return(['order_id', 'customer_id', 'order_ts', 'amount', 'currency', 'status', 'channel']) %}
{% endmacro %}

{# Whether orders.yaml says where a column's values come from. #}
{% macro is_mapped(name) %}
    {% do return(orders_mapping().columns.get(name, {}) != {}) %}
{% endmacro %}

{# The columns whose texts are read as instants. #}
{% macro time_columns() %}
    {% do return(['order_ts'] + (['available_at'] if tracks_availability() else [])) %}
{% endmacro %}
