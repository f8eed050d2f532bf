{# The mapping of the source at work, as of configs/orders.yaml, complete: every canonical column has its entry; optional columns, where
   they are mapped, and extra columns follow. #}
{% macro orders_mapping() %}
    {% set meta = node_meta(source_at_work() ~ '_mapped') %}
    {% set columns = {} %}
    {% for name in canonical_columns() + optional_columns() %}
        {% set entry = meta.get('columns', {}).get(name) %}
        {% if entry is not none or name not in optional_columns() %}
            {% do columns.update({name: {'column': entry} if entry is string else entry or {}}) %}
        {% endif %}
    {% endfor %}
    {% do columns.update(extra_columns()) %}
    {% do return({
        'source': meta.get('file', {}).get('source', source_at_work()),
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
    {% if source_at_work() != 'orders' %}
        {% do return(['customer_id', 'event_ts'] if source_kind() == 'event' else [key_of_source()]) %}
    {% endif %}
    {% do return(['order_id', 'customer_id', 'order_ts', 'amount', 'currency', 'status', 'channel']) %}
{% endmacro %}

{# Whether the mapping says where a column's values come from. #}
{% macro is_mapped(name) %}
    {% do return((node_meta(source_at_work() ~ '_mapped').get('columns', {}).get(name) or {}) != {}) %}
{% endmacro %}

{# Canonical columns that a table has only where they are mapped. #}
{% macro optional_columns() %}
    {% if source_at_work() == 'orders' %}
        {% do return(['available_at', 'line_id']) %}
    {% endif %}
    {% do return(['event_id', 'available_at'] if source_kind() == 'event' else ['available_at', 'deleted']) %}
{% endmacro %}

{# What a record is known by when it comes again: the id of an order or an event; of a state whose it is, and since when. Empty where
   events have no id. #}
{% macro key_of_records() %}
    {% if source_at_work() == 'orders' %}
        {% do return(['order_id']) %}
    {% elif source_kind() == 'state' %}
        {% do return([key_of_source()] + (['available_at'] if tracks_availability() else [])) %}
    {% endif %}
    {% do return(['event_id'] if is_mapped('event_id') else []) %}
{% endmacro %}

{# When what a record tells of was: order_ts, or event_ts; of a state since when it was known. None where no column says it. #}
{% macro time_of_records() %}{% do return(time_columns() | first | default(none)) %}{% endmacro %}

{# The columns whose texts are read as instants. #}
{% macro time_columns() %}
    {% set at = canonical_columns() | select('in', ['order_ts', 'event_ts']) | list %}
    {% do return(at + (['available_at'] if tracks_availability() else [])) %}
{% endmacro %}
