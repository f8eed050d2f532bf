{# What configs/features.yaml says of the splits: {by, seed}; {train, val} as shares of the feature times or of the
   customers, or {val_from, test_from} as dates; and embargo (days). #}
{% macro split_definition() %}
    {% set splits = node_meta('customer_training_set').get('splits', {}) %}
    {% set by = splits.get('by', 'time') %}
    {% do require_one_of('features.yaml: splits: by', by, ['time', 'customer', 'both']) %}
    {% set by_date = splits.get('val_from') is not none and splits.get('test_from') is not none %}
    {% do return({
        'by': by,
        'seed': splits.get('seed', 42),
        'by_date': by_date,
        'val_from': splits.get('val_from'),
        'test_from': splits.get('test_from'),
        'train': splits.get('train', 0.7),
        'val': splits.get('val', 0.15),
        'embargo': 0 if by == 'customer' else splits.get('embargo', label_horizon()),
    }) %}
{% endmacro %}
