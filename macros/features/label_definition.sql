{# What configs/features.yaml says of customer_labels: of each label {name, function, column, horizon (days), column_name}.
   A rule is an aggregation, or `no purchase`: true where the customer buys nothing in the horizon; with a horizon of its own
   it is {rule, horizon}. #}
{% macro label_definitions() %}
    {% set meta = node_meta('customer_labels') %}
    {% set labels = [] %}
    {% for name, given in meta.get('label', {'revenue': 'sum of amount'}).items() %}
        {% set own = given if given is mapping else {'rule': given} %}
        {% if own.rule == 'no purchase' %}
            {% set label = {'name': name, 'function': 'no_purchase', 'column': none} %}
        {% else %}
            {% set label = parsed_aggregation(name, own.rule)[0] %}
            {% if picks_text(label) %}
                {% do exceptions.raise_compiler_error("features.yaml: label: '" ~ name ~ ": " ~ own.rule ~ "': a label is no text") %}
            {% endif %}
        {% endif %}
        {% set horizon = own.get('horizon', meta.get('horizon', 30)) %}
        {% do labels.append(dict(label, horizon=horizon, column_name='label_' ~ name ~ '_next_' ~ horizon ~ 'd')) %}
    {% endfor %}
    {% do return(labels) %}
{% endmacro %}

{# The longest one, in days of 24 hours: by then each label of a row is known. #}
{% macro label_horizon() %}{% do return(label_definitions() | map(attribute='horizon') | max) %}{% endmacro %}

{# The labels' columns, in the order of features.yaml. #}
{% macro label_columns() %}{% do return(label_definitions() | map(attribute='column_name') | list) %}{% endmacro %}

{# The column that is known last. #}
{% macro last_known_label() %}
    {% do return((label_definitions() | sort(attribute='horizon', reverse=true) | first).column_name) %}
{% endmacro %}
