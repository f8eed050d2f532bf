{# The mapping of configs/orders.yaml, complete: every canonical column has its entry; available_at and line_id, where they
   are mapped, and extra columns follow. #}
{% macro orders_mapping() %}
    {% set meta = node_meta('orders_mapped') %}
    {% set columns = {} %}
    {% for name in canonical_columns() + optional_columns() %}
        {% set entry = meta.get('columns', {}).get(name) %}
        {% if entry is not none or name not in optional_columns() %}
            {% do columns.update({name: {'column': entry} if entry is string else entry or {}}) %}
        {% endif %}
    {% endfor %}
    {% do columns.update(extra_columns()) %}
    {% do return({
        'source': meta.get('file', {}).get('source', 'orders'),
        'grain': meta.get('grain', 'order'),
        'null_words': [''] + meta.get('null_words', []),
        'timezone': meta.get('timezone', 'UTC'),
        'local_times': meta.get('local_times', 'later'),
        'rows': meta.get('rows'),
        'lines_over_files': meta.get('lines_over_files'),
        'columns': columns,
    }) %}
{% endmacro %}

{% macro canonical_columns() %}
    {% do return(['order_id', 'customer_id', 'order_ts', 'amount', 'currency', 'status', 'channel']) %}
{% endmacro %}

{# Whether orders.yaml says where a column's values come from. #}
{% macro is_mapped(name) %}
    {% do return((node_meta('orders_mapped').get('columns', {}).get(name) or {}) != {}) %}
{% endmacro %}

{# Canonical columns that orders_parsed has only where they are mapped. #}
{% macro optional_columns() %}{% do return(['available_at', 'line_id']) %}{% endmacro %}

{# The columns whose texts are read as instants. #}
{% macro time_columns() %}
    {% do return(['order_ts'] + (['available_at'] if tracks_availability() else [])) %}
{% endmacro %}
