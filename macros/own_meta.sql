{# What the `meta` of a node says to this project: what is below `ready`, and what is called `ready_NAME`. dbt lays one meta over
   another by its keys, so that a model's SQL, or the project of which this is a package, names one setting alone so. All other
   keys are for other tools. A meta without `ready` is read as it was written up to 0.1.0. #}
{% macro own_meta(node) %}
    {% set meta = node.config.meta %}
    {% if not meta %}
        {% do return({}) %}
    {% endif %}
    {% set own = {} %}
    {% for key in ([] if 'ready' in meta else keys_of_before(node)) if key in meta %}
        {% do own.update({key: meta[key]}) %}
    {% endfor %}
    {% do own.update(meta.get('ready') or {}) %}
    {% for key, value in meta.items() if key.startswith('ready_') %}
        {% do own.update({key[6:]: value}) %}
    {% endfor %}
    {% do return(own) %}
{% endmacro %}

{# The settings that stood beside those of other tools up to 0.1.0. #}
{% macro keys_of_before(node) %}
    {% set of_models = {
        'orders_mapped': ['file', 'grain', 'rows', 'lines_over_files', 'timezone', 'local_times', 'null_words', 'columns'],
        'orders_parsed': ['default_rules'],
        'customer_features': [
            'feature_times', 'windows', 'aggregations', 'totals', 'days_since_nth_last_order', 'ratios',
        ],
        'customer_labels': ['horizon', 'label'],
        'customer_training_set': ['splits'],
    } %}
    {% set of_types = {
        'model': of_models.get(node.name, ['feature_set', 'joined']) + ['kept_by', 'loads_from'],
        'test': ['on_fail', 'max_failures', 'max_share', 'severity'] if is_on_by_default(node) else ['on_fail', 'max_failures', 'max_share'],
    } %}
    {% do return(of_types.get(node.resource_type, ['available_at'])) %}
{% endmacro %}

{# One warning for settings in the form of before; a meta in both forms says two things, and stops the build. #}
{% macro check_meta() %}
    {% set old = [] %}
    {% for node in graph.nodes.values() | list + graph.sources.values() | list if node.config.meta %}
        {% set meta = node.config.meta %}
        {% set keys = keys_of_before(node) | select('in', meta) | list %}
        {#- A label that is a text is the title that other tools show. -#}
        {% set beside = keys | reject('eq', 'label' if meta.get('label') is string else '') | list if 'ready' in meta else [] %}
        {% if beside %}
            {% do exceptions.raise_compiler_error(
                node.name ~ ': ' ~ beside[0] ~ ' stands beside `ready` in its meta, and would not be read: write it below `ready`, '
                ~ 'or as ready_' ~ beside[0] ~ ' where another file has the rest'
            ) %}
        {% elif keys and 'ready' not in meta and not is_linted(node) %}
            {% do old.append({'name': node.name, 'keys': keys}) %}
        {% endif %}
    {% endfor %}
    {% if old %}
        {% do exceptions.warn(
            'the settings of ' ~ old | map(attribute='name') | sort | join(', ') ~ ' are read in the form of before: write them below '
            ~ '`ready`, as in meta: {ready: {' ~ old[0]['keys'][0] ~ ': ...}}. ready lint names file and line'
        ) %}
    {% endif %}
{% endmacro %}

{# Whether `ready` has looked at the file before it called dbt, and has said so with its lines. #}
{% macro is_linted(node) %}
    {% set file = (node.get('patch_path') or node.get('original_file_path') or '').split('/')[-1] %}
    {% do return(
        env_var('READY_BUILD_LOCK', '') == 'held' and file in ['orders.yaml', 'expectations.yaml', 'features.yaml']
    ) %}
{% endmacro %}
