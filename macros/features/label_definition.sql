{# What configs/features.yaml says of customer_labels: {name, function, column, horizon (days)}.
   The rule is an aggregation, or `no purchase`: true where the customer buys nothing in the horizon. #}
{% macro label_definition() %}
    {% set label = {} %}
    {% for name, rule in node_meta('customer_labels').get('label', {'revenue': 'sum of amount'}).items() %}
        {% if rule == 'no purchase' %}
            {% do label.update({'name': name, 'function': 'no_purchase', 'column': none}) %}
        {% else %}
            {% do label.update(parsed_aggregation(name, rule)[0]) %}
            {% if picks_text(label) %}
                {% do exceptions.raise_compiler_error("features.yaml: label: '" ~ name ~ ": " ~ rule ~ "': a label is no text") %}
            {% endif %}
        {% endif %}
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
