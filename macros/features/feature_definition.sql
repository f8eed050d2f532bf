{# What configs/features.yaml says of customer_features, or of the features of a source, checked and complete:
   {feature_times: {every, start, end, active_within}, windows: [days], aggregations: [aggregation], totals: [aggregation],
   nth_last: [{n, name}], noun: what days_since_last_NOUN counts from, ratios: [ratio]}; an aggregation is {name, function, column, by, value}, see parsed_aggregation,
   and a ratio {name, numerator, denominator} of columns. #}
{% macro feature_definition(feature_set='customer_features') %}
    {% set meta = node_meta(feature_set) %}
    {% set noun = 'order' if feature_set == 'customer_features' else source_of_name(feature_set) %}
    {% set times = {'every': 'month', 'start': none, 'end': none, 'active_within': none} %}
    {% set aggregations = [] %}
    {% for name, rule in meta.get('aggregations', {}).items() %}
        {% do aggregations.extend(parsed_aggregation(name, rule)) %}
    {% endfor %}
    {% set definition = {
        'feature_times': dict(times, **meta.get('feature_times', {})),
        'windows': meta.get('windows', [30]),
        'aggregations': aggregations,
        'totals': aggregations | selectattr('name', 'in', meta.get('totals', [])) | list,
        'nth_last': nth_last_orders(meta.get('days_since_nth_last_' ~ noun, []), noun),
        'noun': noun,
    } %}
    {% do return(dict(definition, ratios=parsed_ratios(meta.get('ratios', {}), definition))) %}
{% endmacro %}

{# Rules `COLUMN / COLUMN` by name, of numbers that a window or a total gives, as a list of {name, numerator, denominator}. #}
{% macro parsed_ratios(rules, definition) %}
    {% set numbers = aggregated_names(definition, functions_of_texts()) %}
    {% set ratios = [] %}
    {% for name, rule in rules.items() %}
        {% set sides = (rule | string).split('/') | map('trim') | list %}
        {% if sides | length != 2 or sides | reject('in', numbers) | list %}
            {% do exceptions.raise_compiler_error(
                "features.yaml: ratios: '" ~ name ~ ": " ~ rule ~ "' is no COLUMN / COLUMN of these: " ~ numbers | join(', ')
            ) %}
        {% endif %}
        {% do ratios.append({'name': name ~ '_ratio', 'numerator': sides[0], 'denominator': sides[1]}) %}
    {% endfor %}
    {% do return(ratios) %}
{% endmacro %}

{# The columns of the aggregations: of each window, then the lifetime ones. `but_of`: without those of these functions. #}
{% macro aggregated_names(definition, but_of=[]) %}
    {% set names = [] %}
    {% for window in definition.windows %}
        {% for aggregation in definition.aggregations if aggregation.function not in but_of %}
            {% do names.append(aggregation.name ~ '_' ~ window ~ 'd') %}
        {% endfor %}
    {% endfor %}
    {% for aggregation in definition.totals if aggregation.function not in but_of %}
        {% do names.append(aggregation.name ~ '_total') %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}

{# A rule as a list of {name, function, column, by, value}, one for each column a window gives.
   A rule is `count`, `FUNCTION of COLUMN`, or `quantile LEVEL of COLUMN`, of which the aggregation has its level too, as
   `median` has; or {rule: that, by: COLUMN, values: [...]}, which counts the rows of
   each value on their own and names them NAME_VALUE. #}
{% macro parsed_aggregation(name, rule) %}
    {% set by = rule if rule is mapping else {'rule': rule} %}
    {% set words = (by.rule | string).split() %}
    {% set functions = ['sum', 'avg', 'min', 'max', 'median', 'stddev', 'count_distinct'] + functions_of_texts() %}
    {% if words == ['count'] %}
        {% set parsed = {'function': 'count', 'column': none} %}
    {% elif words | length == 3 and words[1] == 'of' and words[0] in functions %}
        {% set parsed = {'function': words[0], 'column': words[2]} %}
        {% if words[0] == 'median' %}
            {% do parsed.update({'level': '0.5'}) %}
        {% endif %}
    {% elif words | length == 4 and words[0] == 'quantile' and words[2] == 'of' and modules.re.fullmatch('0[.][0-9]{1,4}', words[1]) %}
        {% set parsed = {'function': 'quantile', 'column': words[3], 'level': words[1]} %}
    {% else %}
        {% do exceptions.raise_compiler_error(
            "features.yaml: '" ~ name ~ ": " ~ rule ~ "' is no aggregation; write count, or one of "
            ~ functions | join(', ') ~ ", quantile 0.9 (or another from 0.0001 to 0.9999), followed by: of COLUMN"
        ) %}
    {% endif %}
    {% set aggregations = [] %}
    {% for value in by.get('values', [none]) %}
        {% set suffix = '' if value is none else '_' ~ modules.re.sub('[^a-z0-9]+', '_', value | string | lower) %}
        {% do aggregations.append(
            dict(parsed, name=name ~ suffix, by=by.get('by'), value=value)
        ) %}
    {% endfor %}
    {% do return(aggregations) %}
{% endmacro %}

{# The columns of stg.orders that the aggregations read, each once. #}
{% macro measured_columns(aggregations) %}
    {% set columns = [] %}
    {% for aggregation in aggregations %}
        {% do columns.extend([aggregation.column, aggregation.by]) %}
    {% endfor %}
    {% do return(columns | select | unique(true) | list) %}
{% endmacro %}

{# The columns that point_in_time_features gives, in its order. #}
{% macro feature_names(definition) %}
    {% set days_since = ['days_since_last_' ~ definition.noun, 'days_since_first_' ~ definition.noun] %}
    {% do return(aggregated_names(definition) + days_since + (definition.nth_last + definition.ratios) | map(attribute='name') | list) %}
{% endmacro %}
