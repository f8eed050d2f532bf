{# What configs/features.yaml says of customer_labels: {name, function, column, horizon (days)}. #}
{% macro label_definition() %}
    {% set meta = node_meta('customer_labels') %}
    {% set label = {} %}
    {% for name, rule in meta.get('label', {'revenue': 'sum of amount'}).items() %}
        {% do label.update(parsed_aggregation(name, rule)) %}
    {% endfor %}
    {% do label.update({'horizon': label_horizon()}) %}
    {% do return(label) %}
{% endmacro %}

{# Days of 24 hours. #}
{% macro label_horizon() %}
    {% do return(node_meta('customer_labels').get('horizon', 30)) %}
{% endmacro %}

{% macro label_column() %}
    {% set label = label_definition() %}
    {% do return('label_' ~ label.name ~ '_next_' ~ label.horizon ~ 'd') %}
{% endmacro %}
