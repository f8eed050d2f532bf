{# What configs/features.yaml says of customer_features, checked and complete:
   {feature_times: {every, start, end, active_within}, windows: [days], aggregations: [{name, function, column}],
   totals: [name]}. #}
{% macro feature_definition() %}
    {% set meta = node_meta('customer_features') %}
    {% set times = meta.get('feature_times', {}) %}
    {% set aggregations = [] %}
    {% for name, rule in meta.get('aggregations', {}).items() %}
        {% do aggregations.append(parsed_aggregation(name, rule)) %}
    {% endfor %}
    {% do return({
        'feature_times': {
            'every': times.get('every', 'month'), 'start': times.get('start'), 'end': times.get('end'),
            'active_within': times.get('active_within'),
        },
        'windows': meta.get('windows', [30]),
        'aggregations': aggregations,
        'totals': meta.get('totals', []),
    }) %}
{% endmacro %}

{# `count`, or `FUNCTION of COLUMN`, as {name, function, column}. #}
{% macro parsed_aggregation(name, rule) %}
    {% set words = (rule | string).split() %}
    {% if words == ['count'] %}
        {% do return({'name': name, 'function': 'count', 'column': none}) %}
    {% elif words | length == 3 and words[1] == 'of' and words[0] in ['sum', 'avg', 'min', 'max'] and words[2] == 'amount' %}
        {% do return({'name': name, 'function': words[0], 'column': words[2]}) %}
    {% endif %}
    {% do exceptions.raise_compiler_error(
        "features.yaml: '" ~ name ~ ": " ~ rule ~ "' is no aggregation; write count, or sum, avg, min or max of amount"
    ) %}
{% endmacro %}
