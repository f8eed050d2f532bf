{# What configs/features.yaml says of customer_labels: {name, function, column, horizon (days), column_name}. #}
{% macro label_definition() %}
    {% set meta = node_meta('customer_labels') %}
    {% set label = {} %}
    {% for name, rule in meta.get('label', {'revenue': 'sum of amount'}).items() %}
        {% do label.update(parsed_aggregation(name, rule)) %}
    {% endfor %}
    {% set horizon = meta.get('horizon', 30) %}
    {% do label.update({'horizon': horizon, 'column_name': 'label_' ~ label.name ~ '_next_' ~ horizon ~ 'd'}) %}
    {% do return(label) %}
{% endmacro %}
