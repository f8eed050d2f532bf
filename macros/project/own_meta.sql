{# What the `meta` of a node says to this project: each `ready_NAME`, or several below `ready`, and what was written without the
   prefix up to 0.1.0. dbt lays one meta over another by its keys, so that a model's SQL, or the project of which this is a
   package, can name one setting. All other keys are for other tools. #}
{% macro own_meta(node) %}
    {% set own = {} %}
    {% for settings in forms_of_meta(node).values() %}
        {% do own.update(settings) %}
    {% endfor %}
    {% do return(own) %}
{% endmacro %}

{# The settings of a node by how they are written, each form before those that take its place. #}
{% macro forms_of_meta(node) %}
    {% set meta, before, alone = node.config.meta or {}, {}, {} %}
    {#- `owner` is on each model, and a macro to ask for it at each reading costs more than all the rest. #}
    {% for key, value in meta.items() if key not in ['ready', 'owner'] %}
        {% if key.startswith('ready_') %}
            {% do alone.update({key[6:]: value}) %}
        {#- A label that is a text is the title that other tools show. -#}
        {% elif key in keys_of_before(node) and not (key == 'label' and value is string) %}
            {% do before.update({key: value}) %}
        {% endif %}
    {% endfor %}
    {% do return({'before': before, 'together': meta.get('ready') or {}, 'alone': alone}) %}
{% endmacro %}

{# The settings that had no prefix up to 0.1.0. #}
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

{# One warning for settings without the prefix; a setting in two forms says two things, and stops the build. #}
{% macro check_meta() %}
    {% set old = [] %}
    {% for node in graph.nodes.values() | list + graph.sources.values() | list if node.config.meta %}
        {% set forms = forms_of_meta(node) %}
        {% set keys = forms.values() | map('list') | sum(start=[]) %}
        {% for key in keys if keys.count(key) > 1 %}
            {% do exceptions.raise_compiler_error(node.name ~ ': ' ~ key ~ ' is in its meta twice: keep ready_' ~ key) %}
        {% endfor %}
        {% if forms.before and not is_linted(node) %}
            {% do old.append({'name': node.name, 'key': forms.before | first}) %}
        {% endif %}
    {% endfor %}
    {% if old %}
        {% do exceptions.warn(
            'the settings of ' ~ old | map(attribute='name') | sort | join(', ') ~ ' are read without their prefix, as up to 0.1.0: '
            ~ 'write meta: {ready_' ~ old[0]['key'] ~ ': ...}. ready lint names file and line'
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
