{# What configs/features.yaml says of the splits, with its defaults: {by, seed}; {train, val} as shares of the feature times or of the
   customers, or {val_from, test_from} as dates; by_date, whether it is the latter; and embargo (days). #}
{% macro split_definition() %}
    {% set defaults = {'by': 'time', 'seed': 42, 'train': 0.7, 'val': 0.15, 'val_from': none, 'test_from': none, 'embargo': label_horizon()} %}
    {% set splits = dict(defaults, **node_meta('customer_training_set').get('splits', {})) %}
    {% do require_one_of('features.yaml: splits: by', splits.by, ['time', 'customer', 'both']) %}
    {% do splits.update({'embargo': 0}) if splits.by == 'customer' %}
    {% do return(dict(splits, by_date=splits.val_from is not none and splits.test_from is not none)) %}
{% endmacro %}
