{# The columns of customer_purchases that the point-in-time joins read beside its keys; no more texts than an index row has
   room for. #}
{% macro purchase_columns() %}
    {% set definition = feature_definition() %}
    {% set measured = measured_columns(definition.aggregations + label_definitions()) %}
    {% set of_order = columns_of_order(definition.aggregations + label_definitions()) | map('first') | list %}
    {% set texts = measured_texts(measured) %}
    {% for name in of_order if name.removesuffix('_of_order') in texts %}
        {% do texts.append(name) %}
    {% endfor %}
    {% set left_out = ['order_ts', 'customer_id'] + texts[6:] %}
    {% set columns = (measured + of_order) | reject('in', left_out) | list %}
    {% if tracks_availability() %}
        {% do columns.extend(['available_at', 'superseded_at']) %}
    {% endif %}
    {% for name, _ in running_totals(definition) %}
        {% do columns.append(name) %}
    {% endfor %}
    {% do return(columns + [first_known_column()]) %}
{% endmacro %}

{# Those of the measured columns that are texts and no ids. #}
{% macro measured_texts(measured) %}
    {% set numbers_of_rows = ['is_purchase', 'load_id', 'line_number', 'line_count'] %}
    {% do return(measured | reject('in', id_columns() + time_columns() + number_columns() + numbers_of_rows + looked_up_numbers()) | list) %}
{% endmacro %}
