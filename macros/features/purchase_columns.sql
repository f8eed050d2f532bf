{# The columns of customer_purchases that the point-in-time joins read beside its keys. #}
{% macro purchase_columns() %}
    {% set definition = feature_definition() %}
    {% set measured = measured_columns(definition.aggregations + [label_definition()]) %}
    {% set columns = measured | reject('equalto', 'order_ts') | list %}
    {% for name, _ in columns_of_order(definition.aggregations + [label_definition()]) %}
        {% do columns.append(name) %}
    {% endfor %}
    {% if tracks_availability() %}
        {% do columns.extend(['available_at', 'superseded_at']) %}
    {% endif %}
    {% for name, _ in running_totals(definition) %}
        {% do columns.append(name) %}
    {% endfor %}
    {% do return(columns + [first_known_column()]) %}
{% endmacro %}
